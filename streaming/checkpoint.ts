import { TabularError } from "../tabular/mod.ts";
import { explainLayout, type OutputLayout } from "./output_layout.ts";

/** How a file begins: what tells one input from another. */
export interface FilePrint {
  /** Absolute. */
  readonly path: string;
  /** Octets of the whole file. */
  readonly octets: number;
  /** Octets at its start that the hash is of. */
  readonly headOctets: number;
  /** SHA-256, in hex. */
  readonly headSha256: string;
}

/** Where a run begins. */
export interface RunStart {
  readonly input: FilePrint;
  /** `/package.Service/Method`. */
  readonly method: string;
  /** Rows of the input, from the first on, that are dealt with and whose answers are on disk. */
  readonly rows: number;
  /** How many of them were rejected. */
  readonly rejected: number;
  /** The answers of those rows are the first so many octets. */
  readonly output: { readonly path: string; readonly octets: number };
  /** The same of the rejected rows. */
  readonly rejects: { readonly path: string; readonly octets: number } | undefined;
  /** Undefined where nothing was written yet. */
  readonly layout: OutputLayout | undefined;
  /** True once all of the input is dealt with. */
  readonly isFinished: boolean;
}

/** How far a run is: enough to go on after it was killed. */
export interface Checkpoint extends RunStart {
  readonly layout: OutputLayout;
}

/** The first words of the file, so that nobody takes another file for one. */
const FORMAT = "broker checkpoint 2";
const ANY_FORMAT = /^broker checkpoint \d+$/;
const HINT = "remove it to start over, or name another file";

/** The text of a checkpoint file. */
export function encodeCheckpoint(checkpoint: Checkpoint): string {
  return `${JSON.stringify({ format: FORMAT, ...checkpoint }, undefined, 2)}\n`;
}

/** @throws TabularError if the text is no checkpoint, or one of another version */
export function decodeCheckpoint(text: string, path: string): Checkpoint {
  const fail = () => new TabularError(`${begin(path)}: it is not a checkpoint; ${HINT}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fail();
  }
  if (!isObject(value) || !ANY_FORMAT.test(String(value["format"]))) throw fail();
  if (value["format"] !== FORMAT) {
    throw new TabularError(
      `${begin(path)}: another version of broker wrote it ("${value["format"]}", this one writes ` +
        `"${FORMAT}"); finish the run with that version, or ${HINT}`,
    );
  }
  const { input, method, rows, rejected, output, rejects, layout, isFinished } = value;
  const isWhole = isObject(input) && isText(input["path"]) && isCount(input["octets"]) &&
    isCount(input["headOctets"]) && isText(input["headSha256"]) && isText(method) &&
    isCount(rows) && isCount(rejected) && isPlace(output) &&
    (rejects === undefined || isPlace(rejects)) && isLayout(layout) &&
    typeof isFinished === "boolean";
  if (!isWhole) throw fail();
  // Every member was looked at just now.
  return value as unknown as Checkpoint;
}

/** What a run is about that goes on from a checkpoint. */
export interface ResumedRun {
  readonly checkpointPath: string;
  readonly inputName: string;
  /** The print of the input as it is now, over as many octets as the checkpoint's. */
  readonly input: FilePrint;
  readonly method: string;
  readonly outputPath: string;
  readonly rejectsPath: string | undefined;
}

/** Says why a run cannot go on from a checkpoint; undefined if it can. */
export function explainMismatch(checkpoint: Checkpoint, run: ResumedRun): string | undefined {
  const { input, method, output, rejects } = checkpoint;
  const cannot = begin(run.checkpointPath);
  if (method !== run.method) {
    return `${cannot}: it is of the method ${method}, this run is of ${run.method}; ${HINT}`;
  }
  if (run.input.octets < input.octets || run.input.headSha256 !== input.headSha256) {
    return `${cannot}: "${run.inputName}" is not the input that it was made with` +
      `${input.path === run.input.path ? ", or has changed since" : ` ("${input.path}")`}; ${HINT}`;
  }
  if (output.path !== run.outputPath) {
    return `${cannot}: its answers are in "${output.path}", not in "${run.outputPath}"; ${HINT}`;
  }
  if (rejects?.path !== run.rejectsPath) {
    const was = rejects === undefined ? "no --rejects" : `--rejects "${rejects.path}"`;
    return `${cannot}: it was made with ${was}; give the same, or ${HINT}`;
  }
  return undefined;
}

/** Says why the files of a run would have two layouts that goes on from a start; undefined if they have one. */
export function explainOtherLayout(
  start: RunStart,
  layout: OutputLayout,
  checkpointPath: string,
): string | undefined {
  const difference = start.layout === undefined ? undefined : explainLayout(start.layout, layout);
  if (difference === undefined) return undefined;
  return `${begin(checkpointPath)}: ${difference}; give the same, or ${HINT}`;
}

function begin(checkpointPath: string): string {
  return `Cannot resume from "${checkpointPath}"`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isLayout(value: unknown): boolean {
  return isObject(value) && isText(value["format"]) && typeof value["join"] === "boolean" &&
    typeof value["header"] === "boolean" &&
    ["map", "inputColumns", "answerColumns"].every((key) => isTexts(value[key]));
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}

function isPlace(value: unknown): boolean {
  return isObject(value) && isText(value["path"]) && isCount(value["octets"]);
}

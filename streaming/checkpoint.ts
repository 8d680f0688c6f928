import { TabularError } from "../tabular/mod.ts";

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

/** How far a run is: enough to go on after it was killed. */
export interface Checkpoint {
  readonly input: FilePrint;
  /** `/package.Service/Method`. */
  readonly method: string;
  /** Rows of the input, from the first on, that are dealt with and whose answers are on disk. */
  readonly rows: number;
  /** The answers of those rows are the first so many octets. */
  readonly output: { readonly path: string; readonly octets: number };
  /** The same of the rejected rows. */
  readonly rejects: { readonly path: string; readonly octets: number } | undefined;
  /** True once all of the input is dealt with. */
  readonly isFinished: boolean;
}

/** The first word of the file, so that nobody takes another file for one. */
const FORMAT = "broker checkpoint 1";

/** The text of a checkpoint file. */
export function encodeCheckpoint(checkpoint: Checkpoint): string {
  return `${JSON.stringify({ format: FORMAT, ...checkpoint }, undefined, 2)}\n`;
}

/** @throws TabularError if the text is no checkpoint */
export function decodeCheckpoint(text: string, path: string): Checkpoint {
  const fail = () =>
    new TabularError(
      `Cannot resume from "${path}": it is not a checkpoint; remove it to start over, or name another file`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fail();
  }
  if (!isObject(value) || value["format"] !== FORMAT) throw fail();
  const { input, method, rows, output, rejects, isFinished } = value;
  const isWhole = isObject(input) && isText(input["path"]) && isCount(input["octets"]) &&
    isCount(input["headOctets"]) && isText(input["headSha256"]) && isText(method) &&
    isCount(rows) && isPlace(output) &&
    (rejects === undefined || isPlace(rejects)) && typeof isFinished === "boolean";
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
  const begin = `Cannot resume from "${run.checkpointPath}"`;
  const hint = "remove it to start over, or name another file";
  if (method !== run.method) {
    return `${begin}: it is of the method ${method}, this run is of ${run.method}; ${hint}`;
  }
  if (run.input.octets < input.octets || run.input.headSha256 !== input.headSha256) {
    return `${begin}: "${run.inputName}" is not the input that it was made with` +
      `${input.path === run.input.path ? ", or has changed since" : ` ("${input.path}")`}; ${hint}`;
  }
  if (output.path !== run.outputPath) {
    return `${begin}: its answers are in "${output.path}", not in "${run.outputPath}"; ${hint}`;
  }
  if (rejects?.path !== run.rejectsPath) {
    const was = rejects === undefined ? "no --rejects" : `--rejects "${rejects.path}"`;
    return `${begin}: it was made with ${was}; give the same, or ${hint}`;
  }
  return undefined;
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

function isPlace(value: unknown): boolean {
  return isObject(value) && isText(value["path"]) && isCount(value["octets"]);
}

import { type FieldShape, type FieldType, type MessageShape, nearestName } from "../schema/mod.ts";
import { createCellConverter, typeName } from "./convert_cell.ts";
import { CellError } from "./tabular_error.ts";

/** One step from a message to what a cell fills. */
export type PathStep =
  | { readonly kind: "field"; readonly field: FieldShape }
  /** An element of the repeated field before it. */
  | { readonly kind: "index"; readonly index: number }
  /** An entry of the map field before it. */
  | { readonly kind: "key"; readonly key: string };

/** What the cells of one column fill. */
export interface FieldTarget {
  readonly path: readonly PathStep[];
  /** The path as in `--map`, with the names of the `.proto`: `stations[0].no2`. */
  readonly text: string;
  /** The type of one value. */
  readonly type: FieldType;
  /** Whether one cell holds the whole repeated field, as `a;b;c` or `[a, b, c]`. */
  readonly isList: boolean;
}

/** Why a name leads to no target; several callers say the rest of the sentence. */
export type PathFailure =
  | { readonly kind: "unknown"; readonly name: string; readonly message: MessageShape }
  | { readonly kind: "unusable"; readonly reason: string };

/** A target, or why there is none. */
export type PathResult =
  | { readonly kind: "found"; readonly target: FieldTarget }
  | PathFailure;

/** `name`, `[index or key]`; a dot before a name, and before an index as in `a.0`. */
const SEGMENT = /\[([^\]]*)\]|\.?([^.[\]]+)/y;

/** What is left of a name when its case, `_`, `-` and blanks do not count. */
export function cleanName(name: string): string {
  return name.toLowerCase().replace(/[_\-\s]/g, "");
}

/** Finds a field by its name, or else by what is left of it; undefined also if two fields fit. */
export function findField(message: MessageShape, name: string): FieldShape | undefined {
  const exact = message.fields.find((field) => field.name === name);
  if (exact !== undefined) return exact;
  const clean = cleanName(name);
  const fitting = message.fields.filter((field) => cleanName(field.name) === clean);
  return fitting.length === 1 ? fitting[0] : undefined;
}

/**
 * Resolves `a`, `a.b`, `a[0]`, `a[0].b` or `m[key]` in a message.
 *
 * Where an index or a key is due, a name may stand for it (`a.0.b`, `m.key`), as other tools flatten so. A name that is
 * no path is a field if their letters and digits are the same: `Wind (m/s)` is `wind_m_s`.
 */
export function resolveFieldPath(message: MessageShape, text: string): PathResult {
  const result = resolvePath(message, text);
  if (result.kind === "found") return result;
  const letters = lettersOf(text);
  const fitting = message.fields.filter((field) => lettersOf(field.name) === letters);
  const [only, second] = fitting;
  if (letters === "" || only === undefined || second !== undefined) return result;
  return createTarget([{ kind: "field", field: only }]);
}

/** The letters and digits of a name that a field's name can have: without case, accents and signs. */
function lettersOf(name: string): string {
  return name.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]/g, "");
}

function resolvePath(message: MessageShape, text: string): PathResult {
  const trimmed = text.trim();
  const whole = findField(message, trimmed);
  if (whole !== undefined) return createTarget([{ kind: "field", field: whole }]);
  const segments = splitPath(trimmed);
  if (segments === undefined) return { kind: "unknown", name: trimmed, message };
  const path: PathStep[] = [];
  let scope: MessageShape | undefined = message;
  let container: FieldShape | undefined;
  for (const { name, bracketed } of segments) {
    if (container !== undefined) {
      const step = resolveElement(container, name);
      if (step.kind === "unusable") return step;
      path.push(step);
      scope = container.type.kind === "message" ? container.type.message : undefined;
      container = undefined;
      continue;
    }
    const parent = path.length === 0 ? "" : pathText(path);
    if (bracketed || scope === undefined) {
      return { kind: "unusable", reason: `"${parent}" is not repeated, a map or a message` };
    }
    const field = findField(scope, name);
    if (field === undefined) return { kind: "unknown", name, message: scope };
    path.push({ kind: "field", field });
    if (field.cardinality !== "single") container = field;
    scope = field.type.kind === "message" ? field.type.message : undefined;
  }
  return createTarget(path);
}

/** Builds the target at the end of a path, if a cell can hold it. */
export function createTarget(path: readonly PathStep[]): PathResult {
  const text = pathText(path);
  const last = path.at(-1);
  const field = path.findLast((step) => step.kind === "field")?.field;
  if (last === undefined || field === undefined) {
    return { kind: "unusable", reason: "an empty path names no field" };
  }
  const isWhole = last.kind === "field";
  if (isWhole && field.cardinality === "map") {
    return { kind: "unusable", reason: `"${text}" is a map; name one entry, as ${text}[KEY]` };
  }
  const isList = isWhole && field.cardinality === "repeated";
  if (createCellConverter(field.type) === undefined && field.type.kind === "message") {
    const inner = field.type.message.fields[0]?.name ?? "FIELD";
    const example = `${text}${isList ? "[0]" : ""}.${inner}`;
    return {
      kind: "unusable",
      reason: `"${text}" is a message of type ${
        typeName(field.type)
      }; name a field of it, as ${example}`,
    };
  }
  return { kind: "found", target: { path, text, type: field.type, isList } };
}

/** Whether one cell could hold the field: a target exists. */
export function createFieldTarget(field: FieldShape): FieldTarget | undefined {
  const result = createTarget([{ kind: "field", field }]);
  return result.kind === "found" ? result.target : undefined;
}

/** Writes a path as `--map` takes it. */
export function pathText(path: readonly PathStep[]): string {
  let text = "";
  for (const step of path) {
    if (step.kind === "field") text += text === "" ? step.field.name : `.${step.field.name}`;
    else text += step.kind === "index" ? `[${step.index}]` : `[${step.key}]`;
  }
  return text;
}

/** Ends a sentence about a name that leads nowhere. */
export function describeFailure(failure: PathFailure): string {
  if (failure.kind === "unusable") return failure.reason;
  const { name, message } = failure;
  const names = message.fields.map((field) => field.name);
  const type = typeName({ kind: "message", message });
  if (names.length === 0) return `${type} has no fields`;
  const fitting = names.filter((candidate) => cleanName(candidate) === cleanName(name));
  if (fitting.length > 1) return `"${name}" could be any of the fields ${listNames(fitting)}`;
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? "" : `did you mean "${nearest}"? `;
  return `${type} has no field "${name}"; ${hint}It has ${listNames(names)}`;
}

/** A list longer than this in an error would hide what it says. */
const MAX_LISTED_NAMES = 20;

/** Lists names for a message, the first ones of many. */
export function listNames(names: readonly string[]): string {
  const listed = names.slice(0, MAX_LISTED_NAMES).join(", ");
  const left = names.length - MAX_LISTED_NAMES;
  return left > 0 ? `${listed} and ${left} more` : listed;
}

interface Segment {
  readonly name: string;
  readonly bracketed: boolean;
}

function splitPath(text: string): Segment[] | undefined {
  const segments: Segment[] = [];
  SEGMENT.lastIndex = 0;
  while (SEGMENT.lastIndex < text.length) {
    const match = SEGMENT.exec(text);
    if (match === null) return undefined;
    const bracketed = match[1] !== undefined;
    segments.push({ name: match[1] ?? match[2] ?? "", bracketed });
  }
  return segments;
}

function resolveElement(
  container: FieldShape,
  name: string,
): Exclude<PathStep, { kind: "field" }> | { kind: "unusable"; reason: string } {
  if (container.cardinality === "repeated") {
    if (/^\d{1,6}$/.test(name)) return { kind: "index", index: Number(name) };
    const reason =
      `"${container.name}" is repeated; "${name}" is not an index, as ${container.name}[0]`;
    return { kind: "unusable", reason };
  }
  const convert = createCellConverter({ kind: "scalar", scalar: container.mapKey ?? "string" });
  try {
    return { kind: "key", key: String(convert?.(name) ?? name) };
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    return { kind: "unusable", reason: `a key of "${container.name}": ${error.message}` };
  }
}

import { type FieldShape, type MessageShape, nearestName } from "../schema/mod.ts";
import { cleanName } from "./clean_name.ts";
import { createCellConverter, typeName } from "./convert_cell.ts";
import { createTarget, type FieldTarget, type PathStep, pathText } from "./field_target.ts";
import { findField } from "./find_field.ts";
import { findLeaves } from "./find_leaves.ts";
import { listNames } from "./list_names.ts";
import { CellError } from "./tabular_error.ts";

/** Why a name leads to no target; several callers say the rest of the sentence. */
export type PathFailure =
  | { readonly kind: "unknown"; readonly name: string; readonly message: MessageShape }
  | { readonly kind: "unusable"; readonly reason: string };

/** A target, or why there is none. */
export type PathResult =
  | { readonly kind: "found"; readonly target: FieldTarget }
  | PathFailure;

/** How to read paths. */
export interface PathOptions {
  /**
   * Whether each row makes an element of a repeated field: `stations.no2` then means `stations[].no2`, and a name that is
   * no field of the message may be one of an element. Default false.
   */
  readonly isGrouped?: boolean | undefined;
}

/** `name`, `[index or key]`; a dot before a name, and before an index as in `a.0`. */
const SEGMENT = /\[([^\]]*)\]|\.?([^.[\]]+)/y;

/**
 * Resolves `a`, `a.b`, `a[0]`, `a[0].b`, `m[key]` or, where rows are grouped, `a[].b` in a message.
 *
 * Where an index or a key is due, a name may stand for it (`a.0.b`, `m.key`), as other tools flatten so. A name that is
 * no path is a field if their letters and digits are the same: `Wind (m/s)` is `wind_m_s`.
 */
export function resolveFieldPath(
  message: MessageShape,
  text: string,
  options: PathOptions = {},
): PathResult {
  const isGrouped = options.isGrouped === true;
  const result = resolvePath(message, text, isGrouped);
  if (result.kind === "found") return result;
  const letters = lettersOf(text);
  const fitting = message.fields.filter((field) => lettersOf(field.name) === letters);
  const [only, second] = fitting;
  if (letters !== "" && only !== undefined && second === undefined) {
    return finishPath([{ kind: "field", field: only }], isGrouped);
  }
  return isGrouped && result.kind === "unknown" && result.message === message
    ? resolveLeaf(message, text) ?? result
    : result;
}

/** The letters and digits of a name that a field's name can have: without case, accents and signs. */
function lettersOf(name: string): string {
  return name.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** A name of a field further inside, where one row holds what belongs to several messages. */
function resolveLeaf(message: MessageShape, name: string): PathResult | undefined {
  const leaves = findLeaves(message, name);
  const [only, second] = leaves;
  if (only === undefined) return undefined;
  if (second === undefined) return finishPath(only, true);
  const texts = listNames(leaves.map(pathText));
  return { kind: "unusable", reason: `"${name}" could be any of ${texts}` };
}

function resolvePath(message: MessageShape, text: string, isGrouped: boolean): PathResult {
  const trimmed = text.trim();
  const whole = findField(message, trimmed);
  if (whole !== undefined) return finishPath([{ kind: "field", field: whole }], isGrouped);
  const segments = splitPath(trimmed);
  if (segments === undefined) return { kind: "unknown", name: trimmed, message };
  const path: PathStep[] = [];
  let scope: MessageShape | undefined = message;
  let container: FieldShape | undefined;
  for (const { name, bracketed } of segments) {
    if (container !== undefined) {
      const step = resolveElement(container, name, { bracketed, isGrouped });
      if (step.kind === "unusable") return step;
      path.push(step);
      scope = container.type.kind === "message" ? container.type.message : undefined;
      container = undefined;
      if (step.kind !== "row" || bracketed) continue;
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
  return finishPath(path, isGrouped);
}

function finishPath(path: readonly PathStep[], isGrouped: boolean): PathResult {
  const rows = path.filter((step) => step.kind === "row").length;
  if (rows > 1) {
    return { kind: "unusable", reason: `"${pathText(path)}" would need an element a row twice` };
  }
  const last = path.at(-1);
  const isRepeated = last?.kind === "field" && last.field.cardinality === "repeated";
  const target = createTarget(
    isGrouped && isRepeated && rows === 0 ? [...path, { kind: "row" }] : path,
  );
  if (target === undefined) return { kind: "unusable", reason: "an empty path names no field" };
  return { kind: "found", target };
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
  const [leaf] = findLeaves(message, name);
  const nearest = leaf === undefined ? nearestName(name, names) : pathText(leaf);
  const hint = nearest === undefined ? "it has" : `did you mean "${nearest}"? It has`;
  return `${type} has no field "${name}"; ${hint} ${listNames(names)}`;
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
  { bracketed, isGrouped }: { readonly bracketed: boolean; readonly isGrouped: boolean },
): Exclude<PathStep, { kind: "field" }> | { kind: "unusable"; reason: string } {
  if (container.cardinality === "repeated") {
    if (/^\d{1,6}$/.test(name)) return { kind: "index", index: Number(name) };
    if (isGrouped && (!bracketed || name === "")) return { kind: "row" };
    const isRow = bracketed && name === "";
    const reason = isRow
      ? `"${container.name}[]" is the element of each row, which takes --group-by`
      : `"${container.name}" is repeated; "${name}" is not an index, as ${container.name}[0]`;
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

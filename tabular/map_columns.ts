import type { ColumnNames } from "./column_names.ts";
import type { Planning } from "./column_plan.ts";
import { createCellConverter, typeName } from "./convert_cell.ts";
import { describeFailure, resolveFieldPath } from "./field_path.ts";
import { createFieldTarget, type FieldTarget, type PathStep } from "./field_target.ts";
import { elementOf, foldColumns, type FoldScope } from "./fold_columns.ts";
import { listNames } from "./list_names.ts";
import { explainNoTable, NoTableError } from "./no_table.ts";
import { quote, TabularError } from "./tabular_error.ts";

/**
 * Adds the targets of the columns that `--map` does not name, by the names in the header.
 *
 * @throws {TabularError} if a name leads to no field
 */
export function mapByName(
  planning: Planning,
  header: readonly string[],
  targets: Map<number, FieldTarget>,
): void {
  const { message, groupBy } = planning;
  const isGrouped = groupBy !== undefined;
  const left = new Map<number, string>();
  for (const [index, name] of header.entries()) {
    if (planning.mapped.has(index)) continue;
    const result = resolveFieldPath(message, name, { isGrouped });
    if (result.kind === "found") targets.set(index, result.target);
    // What rows are grouped by need not be a field.
    else if (index !== groupBy?.index) left.set(index, name);
  }
  const isFree = (field: string) =>
    [...targets.values()].every(({ text }) => text !== field && !text.startsWith(`${field}[`));
  const folded = foldColumns(left, findFoldScope(planning), isFree);
  const unknown: [index: number, name: string][] = [];
  for (const [index, name] of left) {
    const target = folded.get(index);
    if (target === undefined) unknown.push([index, name]);
    else targets.set(index, target);
  }
  const [first, ...others] = unknown;
  if (first === undefined || planning.leavesRest) return;
  if (targets.size === 0) refuseNoTable(planning, header);
  throw unknownColumn(planning, first, others.map(([, name]) => quote(name.trim())));
}

/** Numbered columns fold into a list of the message; where rows are grouped, of the element that a row makes. */
function findFoldScope({ message, groupBy }: Planning): FoldScope {
  if (groupBy === undefined) return { message, prefix: [] };
  const lists = message.fields.filter(({ cardinality, type }) =>
    cardinality === "repeated" && createCellConverter(type) === undefined
  );
  const [field, second] = lists;
  if (field?.type.kind !== "message" || second !== undefined) {
    return { message: { fullName: message.fullName, fields: [] }, prefix: [] };
  }
  const prefix: PathStep[] = [{ kind: "field", field }, { kind: "row" }];
  return { message: field.type.message, prefix };
}

function refuseNoTable({ source, headerLine, areKeys }: Planning, header: readonly string[]): void {
  const problem = areKeys === true ? undefined : explainNoTable(source, header);
  if (problem === undefined) return;
  const options = { line: headerLine };
  throw new NoTableError(`Cannot read "${source}" line ${headerLine}: ${problem}`, options);
}

/** What some programs write above the header: `# exported by …`, and Excel's `sep=;`. */
const COMMENT = /^\s*(?:#|\/\/|sep=)/i;

/** A longer name is better told by its number. */
const MAX_HANDLE_CHARS = 60;
/** What cannot stand between the quotes of a flag as it is. */
const UNNAMEABLE = /^$|["$`\\\r\n]/;

function unknownColumn(
  planning: Planning,
  [index, name]: readonly [index: number, name: string],
  others: readonly string[],
): TabularError {
  const { source, headerLine, areKeys, message, groupBy } = planning;
  const column = `Cannot map "${source}" line ${headerLine} column ${index + 1}`;
  const place = areKeys === true
    ? `Cannot map "${source}" key ${quote(name)}`
    : `${column} (${quote(name)})`;
  const handle = UNNAMEABLE.test(name.trim()) || name.length > MAX_HANDLE_CHARS
    ? String(index + 1)
    : name.trim();
  const flags = `map it with --map "${handle}=FIELD" or leave it out with --map "${handle}="`;
  if (name.trim() === "") return new TabularError(`${column}: the column has no name; ${flags}`);
  const result = resolveFieldPath(message, name, { isGrouped: groupBy !== undefined });
  const reason = result.kind === "found" ? "" : describeFailure(result);
  const hint = index > 0 || areKeys === true
    ? ""
    : COMMENT.test(name)
    ? `, or take line ${headerLine} away if it is a comment`
    : headerLine === 1
    ? ", or say --no-header if line 1 is no header"
    : "";
  const rest = others.length === 0
    ? ""
    : `; ${listNames(others)} ${
      others.length === 1 ? "fits" : "fit"
    } no field either, and --map "*=" leaves out all that do not`;
  return new TabularError(`${place}: ${reason}; ${flags}${hint}${rest}`, {
    line: headerLine,
  });
}

/**
 * Adds the targets of the columns that `--map` does not name, where there is no header: they fill the fields in order; a
 * repeated field at the end takes all that are left.
 *
 * @throws {TabularError} if there are not as many columns as fields
 */
export function mapByPosition(planning: Planning, targets: Map<number, FieldTarget>): void {
  const taken = new Set([...targets.values()].map(({ path }) => fieldName(path[0])));
  const free = planning.message.fields
    .filter((field) => !taken.has(field.name))
    .flatMap((field) => createFieldTarget(field) ?? []);
  const left = Array.from({ length: planning.columnCount }, (_, index) => index)
    .filter((index) => !planning.mapped.has(index) && index !== planning.groupBy?.index);
  if (left.length === 0) return;
  if (planning.groupBy !== undefined) throw unnamedInGroup(planning, left[0] ?? 0);
  const last = free.at(-1);
  const spread = last?.isList === true && left.length > free.length ? last : undefined;
  if (left.length < free.length || (left.length > free.length && spread === undefined)) {
    throw wrongCount(planning, left.length, free);
  }
  for (const [place, index] of left.entries()) {
    const start = free.length - 1;
    const target = spread !== undefined && place >= start
      ? elementOf(spread, place - start)
      : free[place];
    if (target !== undefined) targets.set(index, target);
  }
}

function unnamedInGroup({ source }: Planning, index: number): TabularError {
  return new TabularError(
    `Cannot map "${source}" without a header: where rows are grouped, no field follows from the ` +
      `place of column ${index + 1}; name it with --map ${index + 1}=FIELD`,
  );
}

function wrongCount(
  { source, message, mapped }: Pick<Planning, "source" | "message" | "mapped"> & ColumnNames,
  found: number,
  free: readonly FieldTarget[],
): TabularError {
  const type = typeName({ kind: "message", message });
  const columns = `${mapped.size > 0 ? "other " : ""}${found === 1 ? "column" : "columns"}`;
  const fields = free.length === 0
    ? "has no field that a cell could fill"
    : `takes ${free.length} (${listNames(free.map(({ text }) => text))})`;
  return new TabularError(
    `Cannot map "${source}" without a header: it has ${found} ${columns}, but ${type} ${fields}; ` +
      `name the field of each column with --map NUMBER=FIELD, or leave one out with --map NUMBER=`,
  );
}

function fieldName(step: PathStep | undefined): string {
  return step?.kind === "field" ? step.field.name : "";
}

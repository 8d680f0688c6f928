import type { FieldShape, FieldType, ScalarType } from "../schema/mod.ts";
import type { CellFormat } from "./cell_format.ts";
import { createCellConverter } from "./convert_cell.ts";

/** One step from a message to what a cell fills. */
export type PathStep =
  | { readonly kind: "field"; readonly field: FieldShape }
  /** An element of the repeated field before it. */
  | { readonly kind: "index"; readonly index: number }
  /** The element of the repeated field before it that the row makes, where rows are grouped. */
  | { readonly kind: "row" }
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
  /** The type of the keys of a map, if one cell holds the whole map. */
  readonly mapKey?: ScalarType | undefined;
  /** How the cells are written, if `--map` says so. */
  readonly format?: CellFormat | undefined;
}

/** Builds the target at the end of a path; undefined if the path names no field. */
export function createTarget(path: readonly PathStep[]): FieldTarget | undefined {
  const field = path.findLast((step) => step.kind === "field")?.field;
  if (field === undefined) return undefined;
  const isWhole = path.at(-1)?.kind === "field";
  const target = {
    path,
    text: pathText(path),
    type: field.type,
    isList: isWhole && field.cardinality === "repeated",
  };
  const { mapKey } = field;
  return isWhole && field.cardinality === "map" && mapKey !== undefined
    ? { ...target, mapKey }
    : target;
}

/** The target of a field whose cells need not be JSON; undefined for maps and most messages. */
export function createFieldTarget(
  field: FieldShape,
  prefix: readonly PathStep[] = [],
): FieldTarget | undefined {
  if (field.cardinality === "map" || createCellConverter(field.type) === undefined) {
    return undefined;
  }
  return createTarget([...prefix, { kind: "field", field }]);
}

/** Writes a path as `--map` takes it. */
export function pathText(path: readonly PathStep[]): string {
  let text = "";
  for (const step of path) {
    switch (step.kind) {
      case "field":
        text += text === "" ? step.field.name : `.${step.field.name}`;
        break;
      case "index":
        text += `[${step.index}]`;
        break;
      case "row":
        text += "[]";
        break;
      case "key":
        text += `[${step.key}]`;
    }
  }
  return text;
}

/** The place in its list of the element that a step names; undefined for fields and keys. */
export function elementIndex(step: PathStep | undefined): number | undefined {
  if (step?.kind === "index") return step.index;
  // Of a single row: what it makes is the first element, until the rows are put together.
  return step?.kind === "row" ? 0 : undefined;
}

/** How many steps lead up to the list that grows with each row; undefined if the target has none. */
export function rowDepth({ path }: FieldTarget): number | undefined {
  const depth = path.findIndex((step) => step.kind === "row");
  return depth < 0 ? undefined : depth;
}

import { createCellConverter, type DecimalMark } from "../tabular/mod.ts";

/** What stands before the fraction of a table's numbers, and how that was found. */
export interface DetectedDecimal {
  readonly decimal: DecimalMark;
  /** The column that told, or that leaves it in doubt, 0-based, and a cell of it; undefined if no cell has a comma. */
  readonly evidence?: { readonly column: number; readonly cell: string };
}

/** Commas before groups of three digits may as well separate thousands; never behind a zero. */
const MAYBE_GROUPED = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+$/;

/**
 * Decides whether a table's numbers have a decimal comma: they do if the cells of a column are all numbers with one, at
 * least one of them with no other meaning, and no column's are numbers with a point.
 *
 * @param rows the first rows, a header among them
 */
export function detectDecimal(rows: readonly (readonly string[])[]): DetectedDecimal {
  const columns = columnsOf(rows);
  const commas = columns.flatMap((cells, column) =>
    isColumnOf(cells, ",") ? [{ column, cells: cells.filter((cell) => cell.includes(",")) }] : []
  );
  const sure = commas.flatMap(({ column, cells }) =>
    cells.filter((cell) => !MAYBE_GROUPED.test(cell)).map((cell) => ({ column, cell }))
  );
  const [first] = commas;
  if (first === undefined) return { decimal: "." };
  const [evidence] = sure;
  if (evidence === undefined || columns.some((cells) => isColumnOf(cells, "."))) {
    return { decimal: ".", evidence: { column: first.column, cell: first.cells[0] ?? "" } };
  }
  return { decimal: ",", evidence };
}

const READERS = {
  ".": createCellConverter({ kind: "scalar", scalar: "double" }),
  ",": createCellConverter({ kind: "scalar", scalar: "double" }, { decimal: "," }),
} as const satisfies Record<DecimalMark, unknown>;

/** The cells of each column that are not empty, without those of a first row that could be a header. */
function columnsOf(rows: readonly (readonly string[])[]): string[][] {
  const [first = [], ...others] = rows;
  return first.map((head, column) => {
    const cells = others.map((cells) => cells[column]?.trim() ?? "").filter((cell) => cell !== "");
    const start = head.trim();
    return isNumber(start, ".") || isNumber(start, ",") ? [start, ...cells] : cells;
  });
}

/** Whether all are numbers of that kind, and one has the mark. */
function isColumnOf(cells: readonly string[], decimal: DecimalMark): boolean {
  return cells.some((cell) => cell.includes(decimal)) &&
    cells.every((cell) => isNumber(cell, decimal));
}

function isNumber(cell: string, decimal: DecimalMark): boolean {
  try {
    return cell !== "" && READERS[decimal]?.(cell) !== undefined;
  } catch {
    return false;
  }
}

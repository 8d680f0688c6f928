import { TabularError } from "./tabular_error.ts";

/** What was given as a table and is none: no advice on its columns is of any use. */
export class NoTableError extends TabularError {}

/** What no text holds but a tab and line breaks. */
// deno-lint-ignore no-control-regex -- that is what it is about
const CONTROL = /[\0-\x08\x0e-\x1f\x7f]/;
/** How the first line of a .proto begins that is no comment. */
const PROTO_LINE =
  /^\s*(?:(?:syntax|edition)\s*=\s*["']|import\s+["']|(?:message|service|enum)\s+\w+\s*\{)/;
/** No name of a column is longer. */
const MAX_NAME_CHARS = 300;

/** The first characters of a text in UTF-16 that was read as UTF-8. */
export const UTF_16_START = /^.?\0/;

/** Whether a text is that of a binary file. */
export function looksBinary(text: string): boolean {
  return CONTROL.test(text);
}

/** What is said of a binary file. */
export const BINARY = "it is a binary file, or text in UTF-16; save it as CSV in UTF-8";

/**
 * Says what an input is whose first row names no field, where it is no table.
 *
 * @param source what messages call the input
 * @param cells of the first row
 */
export function explainNoTable(
  source: string,
  cells: readonly string[],
): string | undefined {
  if (cells.some(looksBinary)) return BINARY;
  if (source.toLowerCase().endsWith(".proto") || PROTO_LINE.test(cells[0] ?? "")) {
    return "it is a .proto, not a table; name it with --proto, and give a CSV file or JSON lines as the input";
  }
  const longest = cells.reduce((most, { length }) => Math.max(most, length), 0);
  if (longest <= MAX_NAME_CHARS) return undefined;
  return `a cell of it has ${longest} characters, too many for the name of a column; ` +
    "give a CSV file or JSON lines, or say --no-header if it is no header";
}

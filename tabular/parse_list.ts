import { CellError, quote } from "./tabular_error.ts";

/** How a list is written. */
export interface ListOptions {
  /** Whether blanks around items between semicolons belong to them; default false. */
  readonly keepBlanks?: boolean | undefined;
  /** What stands between items in brackets; default `,`. */
  readonly separator?: "," | ";" | undefined;
}

/**
 * Splits a cell that holds a whole repeated field: `a;b;c`, or `[a, b, c]`, also with JSON or Python quotes.
 *
 * Blanks around the items are dropped, except between semicolons when `keepBlanks` is set. `[]` has no items.
 *
 * @throws {CellError} if a quote in brackets is never closed, or text follows it
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseList("1;2.5"), ["1", "2.5"]);
 * assert.deepEqual(parseList('["a, b", "c"]'), ["a, b", "c"]);
 * ```
 */
export function parseList(text: string, options: ListOptions = {}): string[] {
  const trimmed = text.trim();
  if (!trimmed.startsWith("[") || !trimmed.endsWith("]")) {
    const items = text.split(";");
    return options.keepBlanks === true ? items : items.map((item) => item.trim());
  }
  const inner = trimmed.slice(1, -1).trim();
  return inner === "" ? [] : splitItems(inner, options.separator ?? ",");
}

/** As long as there are no quotes: then an item ends at the next separator. */
function splitItems(text: string, separator: string): string[] {
  if (!/["']/.test(text)) return text.split(separator).map((item) => item.trim());
  const items: string[] = [];
  let position = 0;
  for (;;) {
    while (/\s/.test(text[position] ?? "")) position++;
    const quoted = /["']/.test(text[position] ?? "") ? closeQuote(text, position) : position;
    const next = text.indexOf(separator, quoted);
    const end = next < 0 ? text.length : next;
    if (quoted === position) items.push(text.slice(position, end).trim());
    else items.push(unquote(text, position, quoted, end));
    if (next < 0) return items;
    position = end + separator.length;
  }
}

/** The position behind the quote that closes the one at `start`. */
function closeQuote(text: string, start: number): number {
  const mark = text[start];
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === mark) return index + 1;
  }
  throw new CellError(`${quote(`[${text}]`)} has a quote that is never closed`);
}

function unquote(text: string, start: number, quoted: number, end: number): string {
  if (text.slice(quoted, end).trim() !== "") {
    throw new CellError(`${quote(`[${text}]`)} has text after the quotes of an item`);
  }
  const token = text.slice(start, quoted);
  if (token.startsWith("'")) return token.slice(1, -1).replace(/\\(['"\\])/g, "$1");
  try {
    return String(JSON.parse(token));
  } catch {
    // Python writes double quotes around text with an apostrophe, with its own escapes.
    return token.slice(1, -1).replace(/\\(['"\\])/g, "$1");
  }
}

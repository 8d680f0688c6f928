/**
 * Splits a cell that holds a whole repeated field: `a;b;c`, or `[a, b, c]`, also with JSON or Python quotes.
 *
 * Blanks around the items are dropped, except between semicolons when `keepBlanks` is set. `[]` has no items.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseList("1;2.5"), ["1", "2.5"]);
 * assert.deepEqual(parseList('["a, b", "c"]'), ["a, b", "c"]);
 * ```
 */
export function parseList(text: string, keepBlanks = false): string[] {
  const trimmed = text.trim();
  if (!trimmed.startsWith("[") || !trimmed.endsWith("]")) {
    const items = text.split(";");
    return keepBlanks ? items : items.map((item) => item.trim());
  }
  const inner = trimmed.slice(1, -1).trim();
  if (inner === "") return [];
  return parseJsonStrings(trimmed) ?? inner.split(",").map(unquote);
}

/** Strings only: numbers in JSON would lose the digits that a double has no room for. */
function parseJsonStrings(text: string): string[] | undefined {
  if (!text.includes('"')) return undefined;
  try {
    const items: unknown = JSON.parse(text);
    if (!Array.isArray(items)) return undefined;
    const strings = items.filter((item) => typeof item === "string");
    return strings.length === items.length ? strings : undefined;
  } catch {
    return undefined;
  }
}

function unquote(item: string): string {
  const trimmed = item.trim();
  return /^(?:'.*'|".*")$/s.test(trimmed) ? trimmed.slice(1, -1) : trimmed;
}

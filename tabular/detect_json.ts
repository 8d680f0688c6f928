/** Names of files of JSON lines, packed or not. */
const JSON_NAME = /\.(?:jsonl|ndjson|json)(?:\.gz)?$/i;
/** Names of tables, in which a row may well begin with a brace. */
const TABLE_NAME = /\.(?:csv|tsv|tab)(?:\.gz)?$/i;
/** Blank, tab, LF and CR. */
const BLANKS = [0x20, 0x09, 0x0a, 0x0d];

/** What the name of an input says of it. */
export function guessByName(path: string): "json" | "csv" | undefined {
  if (JSON_NAME.test(path)) return "json";
  return TABLE_NAME.test(path) ? "csv" : undefined;
}

/**
 * Whether an input begins like JSON: with an object, or a list of objects. Undefined if that is not known yet.
 *
 * @param octets how it begins
 */
export function beginsLikeJson(octets: Uint8Array): boolean | undefined {
  const start = octets.findIndex((octet) => !BLANKS.includes(octet));
  if (start < 0) return undefined;
  const text = new TextDecoder().decode(octets.subarray(start, start + 4096)).trimStart();
  if (text === "") return undefined;
  return /^(?:\{|\[\s*(?:\{|$))/.test(text);
}

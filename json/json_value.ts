/** JSON as it was written: numbers keep their digits, objects the order of their keys. */
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

/** An object. A `Map`, as a key may be `__proto__`. */
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** A number by its text: `9007199254740993` and `-0` do not survive a JavaScript number's way to JSON and back. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Whether a value is an array; `Array.isArray()` does not narrow a readonly one. */
export function isJsonArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** How JSON is laid out. */
export interface FormatOptions {
  /** Put every member on a line of its own, two spaces deeper than what it is in. Default: all on one line. */
  readonly isIndented?: boolean;
}

/** Writes JSON. */
export function formatJson(value: JsonValue, options: FormatOptions = {}): string {
  return format(value, options.isIndented ? "\n" : "");
}

/** @param lineBreak what stands between two members: empty on one line, else a line feed and the indentation */
function format(value: JsonValue, lineBreak: string): string {
  if (value instanceof JsonNumber) return value.text;
  if (value instanceof Map) {
    const inner = deeper(lineBreak);
    const colon = lineBreak === "" ? ":" : ": ";
    const members = Array.from(
      value,
      ([key, member]) => formatText(key) + colon + format(member, inner),
    );
    return enclose("{", members, "}", lineBreak);
  }
  if (Array.isArray(value)) {
    const inner = deeper(lineBreak);
    return enclose("[", value.map((item) => format(item, inner)), "]", lineBreak);
  }
  return typeof value === "string" ? formatText(value) : String(value);
}

function deeper(lineBreak: string): string {
  return lineBreak === "" ? "" : `${lineBreak}  `;
}

function enclose(
  open: string,
  members: readonly string[],
  close: string,
  lineBreak: string,
): string {
  if (members.length === 0) return open + close;
  return open + deeper(lineBreak) + members.join(`,${deeper(lineBreak)}`) + lineBreak + close;
}

/** What JSON may hold as it is, but must not reach a terminal: DEL, C1, and the marks that turn the direction. */
const UNSAFE = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

function formatText(text: string): string {
  return stringifyJson(text);
}

/** `JSON.stringify()` for values of which parts may come from others: nothing in them steers the terminal. */
export function stringifyJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

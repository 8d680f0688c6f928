import { CellError, quote } from "./tabular_error.ts";

/** A number of a JSON text as it is spelt: a double has no room for all digits of a 64-bit integer. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a JSON text holds. */
export type ExactJson =
  | null
  | boolean
  | string
  | ExactNumber
  | readonly ExactJson[]
  | { readonly [name: string]: ExactJson };

/** Deeper texts are refused, as protobuf's own readers do. */
const MAX_DEPTH = 100;

/**
 * Parses a JSON text and keeps the digits of its numbers.
 *
 * @throws {CellError} if it is not JSON or nested deeper than 100 levels
 */
export function parseExactJson(text: string): ExactJson {
  if (depthOf(text) > MAX_DEPTH) {
    throw new CellError(`${quote(text)} is nested deeper than ${MAX_DEPTH} levels`);
  }
  const keepDigits = (_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" ? new ExactNumber(context?.source ?? String(value)) : value;
  try {
    return JSON.parse(text, keepDigits) as ExactJson;
  } catch (cause) {
    throw new CellError(`${quote(text)} is not JSON`, { cause });
  }
}

/** Whether a JSON value is an object. */
export function isJsonObject(value: ExactJson): value is { readonly [name: string]: ExactJson } {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof ExactNumber);
}

/** Names a JSON value for a message. */
export function quoteJson(value: ExactJson): string {
  if (value instanceof ExactNumber) return quote(value.text);
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return "a list";
  return isJsonObject(value) ? "an object" : quote(`${value}`);
}

/** How deep brackets nest, those in strings left aside. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (isQuoted) {
      if (char === "\\") index++;
      else if (char === '"') isQuoted = false;
    } else if (char === '"') isQuoted = true;
    else if (char === "[" || char === "{") deepest = Math.max(deepest, ++depth);
    else if (char === "]" || char === "}") depth--;
  }
  return deepest;
}

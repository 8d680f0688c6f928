import { JsonError } from "./json_error.ts";
import type { JsonValue } from "./json_value.ts";
import {
  commaBefore,
  isJsonSpace,
  parseJson,
  positionAfter,
  type TextPosition,
} from "./parse_json.ts";

/** One value of a text that has several. */
export interface JsonItem {
  readonly value: JsonValue;
  /** Where it begins. */
  readonly position: TextPosition;
}

/** How the text is made up. */
export interface JsonReaderOptions {
  /** Whether an array at the outside stands for the values in it. Default true; false where a message may be an array. */
  readonly splitsArrays?: boolean;
}

/** Where the reader is between two values; `value` is within one. */
type State = "top" | "value" | "array start" | "array next" | "array end";

/**
 * Reads JSON values as they arrive: one a line, one after the other, or in an array; each is handed out with the piece
 * that ends it. Cost is linear for any pieces.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const reader = new JsonReader();
 * assert.deepEqual([...reader.push('{} tr')].map(({ value }) => value), [new Map()]);
 * assert.deepEqual([...reader.push("ue")], []);
 * assert.deepEqual([...reader.finish()].map(({ value }) => value), [true]);
 * ```
 */
export class JsonReader {
  readonly #splitsArrays: boolean;
  #state: State = "top";
  /** What to be in after the value. */
  #after: State = "top";
  /** Of the value that is being read: its pieces so far, where it began, and how deep it is. */
  #pieces: string[] = [];
  #start: TextPosition = { line: 1, column: 1 };
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #position: TextPosition = { line: 1, column: 1 };

  constructor({ splitsArrays = true }: JsonReaderOptions = {}) {
    this.#splitsArrays = splitsArrays;
  }

  /** Takes a piece of the text; gives the values that end in it, those before a mistake as well. @throws JsonError */
  *push(text: string): Generator<JsonItem, void, undefined> {
    let at = 0;
    while (at < text.length) {
      if (this.#state !== "value") {
        at = this.#readGap(text, at);
        continue;
      }
      const { end, isWhole } = this.#readValue(text, at);
      at = end;
      if (isWhole) yield this.#endValue();
    }
  }

  /** Takes the end of the text; gives the value that only it ends. @throws JsonError if something is open */
  *finish(): Generator<JsonItem, void, undefined> {
    if (this.#state === "value") yield this.#endValue();
    if (this.#state !== "top") throw this.#fault('found the end, want "]"');
  }

  /** Passes over what is between values, up to where the next one begins. */
  #readGap(text: string, from: number): number {
    let at = from;
    while (at < text.length && isJsonSpace(text.charCodeAt(at))) at++;
    this.#position = positionAfter(this.#position, text.slice(from, at));
    if (at === text.length) return at;
    const next = this.#stateAfter(text[at]);
    if (next === undefined) {
      this.#start = this.#position;
      this.#after = this.#state === "top" ? "top" : "array end";
      this.#state = "value";
      return at;
    }
    this.#state = next;
    this.#position = positionAfter(this.#position, text[at]);
    return at + 1;
  }

  /** The state after a mark between values; undefined if a value begins with it. */
  #stateAfter(mark: string): State | undefined {
    switch (this.#state) {
      case "top":
        return mark === "[" && this.#splitsArrays ? "array start" : undefined;
      case "array start":
        return mark === "]" ? "top" : undefined;
      case "array end":
        if (mark === ",") return "array next";
        if (mark === "]") return "top";
        throw this.#fault(`found ${JSON.stringify(mark)}, want "," or "]"`);
      case "array next":
        if (mark === "]") throw this.#fault(commaBefore("]"));
        return undefined;
      case "value":
        return undefined;
    }
  }

  /** Reads on in a value, to its end or that of the text. */
  #readValue(text: string, from: number): { readonly end: number; readonly isWhole: boolean } {
    let at = from;
    let isWhole = false;
    while (at < text.length && !isWhole) {
      const character = text[at];
      if (this.#inString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (character === "\\") this.#isEscaped = true;
        else if (character === '"') this.#inString = false;
        isWhole = !this.#inString && this.#depth === 0;
        at++;
      } else if (this.#depth === 0 && this.#endsWord(character, at > from)) {
        break;
      } else {
        if (character === '"') this.#inString = true;
        else if (character === "{" || character === "[") this.#depth++;
        else if (character === "}" || character === "]") this.#depth--;
        isWhole = this.#depth <= 0 && /[\]},:]/.test(character);
        at++;
      }
    }
    const piece = text.slice(from, at);
    if (piece !== "") this.#pieces.push(piece);
    this.#position = positionAfter(this.#position, piece);
    return { end: at, isWhole: isWhole || at < text.length };
  }

  /** Whether a character at the outside is behind a word (a number, `true`) and not part of it. */
  #endsWord(character: string, hasBegun: boolean): boolean {
    const isWithin = hasBegun || this.#pieces.length > 0;
    return isWithin && /[\s,:[\]{}"]/.test(character);
  }

  #endValue(): JsonItem {
    const text = this.#pieces.join("");
    const position = this.#start;
    this.#pieces = [];
    this.#depth = 0;
    this.#inString = false;
    this.#state = this.#after;
    return { value: parseJson(text, position), position };
  }

  #fault(reason: string): JsonError {
    const { line, column } = this.#position;
    return new JsonError(`line ${line} column ${column}: ${reason}`);
  }
}

import { JsonError } from "./json_error.ts";
import { JsonNumber, type JsonObject, type JsonValue } from "./json_value.ts";

/** A place in a text; both count from 1, columns in characters. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** Deeper than any message can be: codecs of protobuf stop at 100 messages, each at most two levels of JSON. */
const MAX_DEPTH = 256;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[^\s,:[\]{}"]+/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Parses one JSON text (RFC 8259), keeping the digits of numbers. A key that is repeated, or text that is not Unicode
 * (half of a surrogate pair), is an error: neither means anything in protobuf.
 *
 * @param start where the text begins in a longer one; default its first line and column
 * @throws JsonError with the line and column
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseJson("[9007199254740993]"), [new JsonNumber("9007199254740993")]);
 * ```
 */
export function parseJson(text: string, start: TextPosition = { line: 1, column: 1 }): JsonValue {
  return new Parser(text, start).parse();
}

class Parser {
  readonly #text: string;
  readonly #start: TextPosition;
  #at = 0;

  constructor(text: string, start: TextPosition) {
    this.#text = text;
    this.#start = start;
  }

  parse(): JsonValue {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected("the end of the value");
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw this.#fault(`it nests deeper than ${MAX_DEPTH} levels`);
    this.#skipSpace();
    const character = this.#text[this.#at];
    if (character === "{") return this.#object(depth);
    if (character === "[") return this.#array(depth);
    if (character === '"') return this.#string();
    return this.#word();
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, JsonValue>();
    this.#at++;
    if (this.#take("}")) return members;
    do {
      this.#skipSpace();
      const keyAt = this.#at;
      if (this.#text[keyAt] !== '"') {
        if (members.size === 0) throw this.#unexpected('a key in quotes or "}"');
        throw this.#text[keyAt] === "}"
          ? this.#fault(commaBefore("}"))
          : this.#unexpected("a key in quotes");
      }
      const key = this.#string();
      if (members.has(key)) {
        this.#at = keyAt;
        throw this.#fault(`the key ${JSON.stringify(key)} is there twice`);
      }
      if (!this.#take(":")) throw this.#unexpected('":"');
      members.set(key, this.#value(depth + 1));
    } while (this.#take(","));
    if (!this.#take("}")) throw this.#unexpected('"," or "}"');
    return members;
  }

  #array(depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    this.#at++;
    if (this.#take("]")) return items;
    do {
      this.#skipSpace();
      if (items.length > 0 && this.#text[this.#at] === "]") throw this.#fault(commaBefore("]"));
      items.push(this.#value(depth + 1));
    } while (this.#take(","));
    if (!this.#take("]")) throw this.#unexpected('"," or "]"');
    return items;
  }

  #string(): string {
    const from = this.#at++;
    let isPlain = true;
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (Number.isNaN(code)) throw this.#unexpected('the closing "\\""');
      if (code < 0x20) throw this.#fault("a control character in quotes must be escaped");
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        isPlain = false;
        const escape = this.#match(ESCAPE);
        if (escape === undefined) throw this.#fault("the escape is not one of JSON");
        this.#at += escape.length;
      } else this.#at++;
    }
    this.#at++;
    const quoted = this.#text.slice(from, this.#at);
    const text = isPlain ? quoted.slice(1, -1) : String(JSON.parse(quoted));
    if (text.isWellFormed()) return text;
    this.#at = from;
    throw this.#fault("the text has half of a surrogate pair");
  }

  #word(): JsonValue {
    const word = this.#match(WORD);
    switch (word) {
      case "null":
        this.#at += word.length;
        return null;
      case "true":
      case "false":
        this.#at += word.length;
        return word === "true";
    }
    if (word === undefined || this.#match(NUMBER) !== word) throw this.#unexpected("a value");
    this.#at += word.length;
    return new JsonNumber(word);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  #take(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    while (isJsonSpace(this.#text.charCodeAt(this.#at))) this.#at++;
  }

  #unexpected(wanted: string): JsonError {
    const word = this.#match(WORD);
    const character = this.#text.slice(this.#at, this.#at + 2).match(/^./su)?.[0];
    const found = word !== undefined
      ? JSON.stringify(shorten(word))
      : character === undefined
      ? "the end"
      : JSON.stringify(character);
    return this.#fault(`found ${found}, want ${wanted}`);
  }

  #fault(reason: string): JsonError {
    const { line, column } = positionAfter(this.#start, this.#text.slice(0, this.#at));
    return new JsonError(`line ${line} column ${column}: ${reason}`);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What is wrong with `{"a":1,}`, which JavaScript lets pass. */
export function commaBefore(bracket: "]" | "}"): string {
  return `a comma before "${bracket}" is not allowed`;
}

/** Whether a UTF-16 unit is white space of JSON. */
export function isJsonSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Where a text ends that begins at `start`. */
export function positionAfter({ line, column }: TextPosition, text: string): TextPosition {
  let breaks = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) breaks++;
  let characters = 0;
  // Counted, not listed: a line may have a hundred million.
  for (let at = text.lastIndexOf("\n") + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // The second half of a pair is no character by itself.
    if (code < 0xdc00 || code > 0xdfff) characters++;
  }
  return { line: line + breaks, column: breaks === 0 ? column + characters : characters + 1 };
}

function shorten(word: string): string {
  return word.length > 40 ? `${word.slice(0, 40)}…` : word;
}

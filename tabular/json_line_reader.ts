import { JsonError } from "../json/json_error.ts";
import type { JsonObject, JsonValue } from "../json/json_value.ts";
import { parseJson } from "../json/parse_json.ts";
import { CSV_READER_DEFAULTS } from "./csv_reader.ts";
import type { LineFault } from "./json_record.ts";
import { Utf8Decoder } from "./utf8_decoder.ts";

/** A line that is not blank. */
export interface JsonLine {
  /** 1-based. */
  readonly line: number;
  /** Undefined if it was too long to be kept. */
  readonly text: string | undefined;
  /** Whether the text is JSON. */
  readonly isJson: boolean;
  /** Undefined if there is a fault. */
  readonly value: JsonObject | undefined;
  readonly fault: LineFault | undefined;
}

const LINE_FEED_CODE = 0x0a;
const BYTE_ORDER_MARK_CODE = 0xfeff;
const MAX_CHARS = CSV_READER_DEFAULTS.maxRecordChars;
/** A line of that many characters may have so many octets; of a longer one nothing is kept. */
const MAX_OCTETS = 4 * MAX_CHARS;
/** How the parser says where a fault is. */
const PLACE = /^line \d+ column (\d+): /;

/**
 * Reads JSON objects from chunks of octets, one a line; blank lines and a byte order mark are passed over. A line that is
 * no object comes out with what is wrong, and those after it are read all the same. Numbers keep their digits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const reader = new JsonLineReader();
 * const [row] = reader.push(new TextEncoder().encode('{"id": 9007199254740993}\n{'));
 * assert.deepEqual(row?.value, new Map([["id", new JsonNumber("9007199254740993")]]));
 * assert.equal(reader.finish()[0]?.fault?.column, 2);
 * ```
 */
export class JsonLineReader {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** The line whose end has not come. */
  #kept: Uint8Array[] = [];
  #keptOctets = 0;
  /** Whether that line is so long that it is dropped. */
  #isDropping = false;
  #line = 1;

  /** Takes the next octets and returns the lines that they end. */
  push(chunk: Uint8Array): JsonLine[] {
    const end = chunk.lastIndexOf(LINE_FEED_CODE) + 1;
    if (end === 0) {
      this.#keep(chunk);
      return [];
    }
    const lines: JsonLine[] = [];
    const first = this.#isDropping ? chunk.indexOf(LINE_FEED_CODE) + 1 : 0;
    if (this.#isDropping) this.#endDropped(lines);
    this.#read(this.#takeKept(chunk.subarray(first, end)), lines);
    this.#keep(chunk.subarray(end));
    return lines;
  }

  /** Says that no more octets follow, and returns the last line if it has no end. */
  finish(): JsonLine[] {
    const lines: JsonLine[] = [];
    if (this.#isDropping) this.#endDropped(lines);
    this.#read(this.#takeKept(new Uint8Array(0)), lines);
    return lines;
  }

  #keep(part: Uint8Array): void {
    if (part.length === 0 || this.#isDropping) return;
    this.#keptOctets += part.length;
    this.#isDropping = this.#keptOctets > MAX_OCTETS;
    if (this.#isDropping) this.#kept = [];
    else this.#kept.push(part.slice());
  }

  /** The line that was kept, and what follows it. */
  #takeKept(part: Uint8Array): Uint8Array {
    const kept = this.#kept;
    if (kept.length === 0) return part;
    const whole = new Uint8Array(this.#keptOctets + part.length);
    let at = 0;
    for (const piece of [...kept, part]) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#kept = [];
    this.#keptOctets = 0;
    return whole;
  }

  #endDropped(lines: JsonLine[]): void {
    this.#isDropping = false;
    this.#keptOctets = 0;
    lines.push(faulty(this.#line++, undefined, { problem: TOO_LONG }));
  }

  #read(octets: Uint8Array, lines: JsonLine[]): void {
    let text: string;
    try {
      text = this.#decoder.decode(octets);
    } catch {
      this.#readEach(octets, lines);
      return;
    }
    for (let from = 0; from < text.length; this.#line++) {
      const lineEnd = text.indexOf("\n", from);
      const end = lineEnd < 0 ? text.length : lineEnd;
      this.#readLine(text.slice(from, end), lines);
      from = end + 1;
    }
  }

  /** Lines of which at least one is not UTF-8. */
  #readEach(octets: Uint8Array, lines: JsonLine[]): void {
    for (let from = 0; from < octets.length; this.#line++) {
      const lineEnd = octets.indexOf(LINE_FEED_CODE, from);
      const end = lineEnd < 0 ? octets.length : lineEnd;
      const line = octets.subarray(from, end);
      const decoder = new Utf8Decoder();
      const { text, invalidOctet = decoder.finish().invalidOctet } = decoder.decode(line);
      if (invalidOctet === undefined) this.#readLine(text, lines);
      else {
        const found = `0x${invalidOctet.toString(16).toUpperCase().padStart(2, "0")}`;
        const problem = `the octet ${found} is not UTF-8`;
        const column = [...text].length + 1;
        lines.push(faulty(this.#line, new TextDecoder().decode(line), { column, problem }));
      }
      from = end + 1;
    }
  }

  #readLine(line: string, lines: JsonLine[]): void {
    const hasMark = this.#line === 1 && line.charCodeAt(0) === BYTE_ORDER_MARK_CODE;
    const text = hasMark ? line.slice(1) : line;
    if (text.trimStart() === "") return;
    lines.push(
      text.length > MAX_CHARS
        ? faulty(this.#line, undefined, { problem: TOO_LONG })
        : readLine(text.trimEnd(), this.#line),
    );
  }
}

const TOO_LONG = `the line is longer than ${MAX_CHARS} characters`;

function readLine(text: string, line: number): JsonLine {
  let value: JsonValue;
  try {
    value = parseJson(text, { line, column: 1 });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const column = Number(PLACE.exec(error.message)?.[1] ?? 1);
    return faulty(line, text, { column, problem: error.message.replace(PLACE, "") });
  }
  if (value instanceof Map) return { line, text, isJson: true, value, fault: undefined };
  const found = Array.isArray(value) ? "a list" : "no object";
  const problem = `it is ${found}, want a JSON object on each line`;
  return { ...faulty(line, text, { problem }), isJson: true };
}

function faulty(line: number, text: string | undefined, fault: LineFault): JsonLine {
  return { line, text, isJson: false, value: undefined, fault };
}

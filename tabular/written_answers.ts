import { FlatReader } from "../schema/flat_reader.ts";
import type { EnumShape, FieldShape, MessageShape, ScalarType } from "../schema/mod.ts";
import { quoteCell } from "./csv_writer.ts";
import { formatDouble, formatFloat } from "./format_number.ts";
import { TextOctets } from "./text_octets.ts";
import { WIRE_TYPES } from "./wire_types.ts";

/** Answers that wait for `take()`, to begin with. */
const FIRST_ENDS = 1024;
/** Tags that are looked up: those of one octet, of the fields 1 to 15. */
const TAG_COUNT = 128;

const COMMA_CODE = 0x2c;
const LINE_FEED_CODE = 0x0a;
const EMPTY_CELL = '""';
const TRUE = new TextEncoder().encode("true");
const FALSE = new TextEncoder().encode("false");

/** A field, read into a slot of its own and written from it. */
interface AnswerField {
  readonly tag: number;
  /** Reads the value; the slot keeps it. */
  read(reader: FlatReader, octets: Uint8Array, end: number): void;
  /** Appends it as a cell. */
  write(text: TextOctets): void;
  /** Forgets it: the field is unset. */
  clear(): void;
}

/** The text of one or more answers, as the output is to hold it; it stands among messages that are written one by one. */
export class AnswerText {
  readonly [name: string]: unknown;
  /** Whole lines. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Which fields answers have, and what reads those that are not plain. */
export interface WrittenAnswersOptions {
  readonly shape: MessageShape;
  /** Reads any answer; what it throws says that it is none. */
  readonly decode: (octets: Uint8Array) => object;
}

/**
 * The fast path from answers in their wire format to rows of CSV: no object and no string of its own for any of them. What
 * it reads waits in here for `take()`; an answer that is not plain comes out of `decode()` as a message.
 *
 * It writes what the CSV writer would write of the same answer.
 */
export class WrittenAnswers {
  readonly #fields: readonly AnswerField[];
  readonly #byTag: readonly (AnswerField | undefined)[];
  readonly #decode: (octets: Uint8Array) => object;
  readonly #reader = new FlatReader();
  readonly #text = new TextOctets();
  /** Where the text of each answer ends. */
  #ends = new Int32Array(FIRST_ENDS);
  #count = 0;
  #taken = 0;

  constructor(fields: readonly AnswerField[], decode: (octets: Uint8Array) => object) {
    this.#fields = fields;
    this.#byTag = Array.from(
      { length: TAG_COUNT },
      (_, tag) => fields.find((field) => field.tag === tag),
    );
    this.#decode = decode;
  }

  /** Reads an answer: itself, for a row of text that waits, or the answer as a message. @throws what the decoder throws */
  decode(octets: Uint8Array, start: number, end: number): this | object {
    if (!this.#read(octets, start, end)) return this.#decode(octets.subarray(start, end));
    this.#write();
    return this;
  }

  /** The text of the answers that have waited longest. */
  take(count: number): AnswerText {
    const start = this.#taken === 0 ? 0 : this.#ends[this.#taken - 1];
    this.#taken += count;
    const text = this.#text.text(start, this.#ends[this.#taken - 1]);
    if (this.#taken === this.#count) this.#taken = this.#count = this.#text.length = 0;
    return new AnswerText(text);
  }

  #read(octets: Uint8Array, start: number, end: number): boolean {
    const reader = this.#reader;
    const fields = this.#fields;
    for (let place = 0; place < fields.length; place++) fields[place].clear();
    reader.at = start;
    while (reader.at < end) {
      const tag = octets[reader.at++];
      const field = tag < TAG_COUNT ? this.#byTag[tag] : undefined;
      if (field === undefined) return false;
      field.read(reader, octets, end);
    }
    return reader.at === end;
  }

  #write(): void {
    const text = this.#text;
    const fields = this.#fields;
    const start = text.length;
    for (let place = 0; place < fields.length; place++) {
      if (place > 0) text.appendOctet(COMMA_CODE);
      fields[place].write(text);
    }
    // An empty cell alone would be a blank line, which readers skip.
    if (text.length === start) text.append(EMPTY_CELL);
    text.appendOctet(LINE_FEED_CODE);
    if (this.#count === this.#ends.length) {
      const ends = new Int32Array(2 * this.#count);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    this.#ends[this.#count++] = text.length;
  }
}

/**
 * Makes place for answers whose fields are all plain: numbers, bools, strings and enums of the message itself. Undefined
 * for any other.
 */
export function createWrittenAnswers(
  { shape, decode }: WrittenAnswersOptions,
): WrittenAnswers | undefined {
  const fields: AnswerField[] = [];
  for (const shapeField of shape.fields) {
    const field = createField(shapeField);
    if (field === undefined) return undefined;
    fields.push(field);
  }
  return fields.length === 0 ? undefined : new WrittenAnswers(fields, decode);
}

function createField(shape: FieldShape): AnswerField | undefined {
  const { number, cardinality, oneof, explicitPresence, syntheticOneof, type } = shape;
  // A field of proto2 has a default of its own.
  const isProto2 = explicitPresence && syntheticOneof === undefined;
  if (cardinality !== "single" || oneof !== undefined || isProto2) return undefined;
  if (type.kind === "message") return undefined;
  const scalar = type.kind === "enum" ? "int32" : type.scalar;
  if (scalar === "bytes") return undefined;
  const tag = (number << 3) | WIRE_TYPES[scalar];
  if (number >= TAG_COUNT >> 3) return undefined;
  if (type.kind === "enum") return createEnumField(tag, type.enum, explicitPresence);
  const { read, write } = CELLS[scalar];
  return new Slot(tag, { read, write, unset: explicitPresence ? undefined : UNSET[scalar] });
}

interface Cell {
  readonly read: (reader: FlatReader, octets: Uint8Array, end: number) => number | string;
  readonly write: (text: TextOctets, value: number | string) => void;
}

/** A value that was read, or none. */
class Slot implements AnswerField {
  readonly tag: number;
  readonly #cell: Cell;
  /** What an unset field is written as; undefined: an empty cell. */
  readonly #unset: number | string | undefined;
  #value: number | string | undefined;

  constructor(tag: number, cell: Cell & { readonly unset: number | string | undefined }) {
    this.tag = tag;
    this.#cell = cell;
    this.#unset = cell.unset;
  }

  read(reader: FlatReader, octets: Uint8Array, end: number): void {
    this.#value = this.#cell.read(reader, octets, end);
  }

  write(text: TextOctets): void {
    if (this.#value !== undefined) this.#cell.write(text, this.#value);
  }

  clear(): void {
    this.#value = this.#unset;
  }
}

type PlainType = Exclude<ScalarType, "bytes">;

const INTEGER_32 = (text: TextOctets, value: number | string) => text.appendInteger(Number(value));
const AS_TEXT = (text: TextOctets, value: number | string) => text.append(String(value));

const SIGNED: Cell = { read: (reader, octets) => reader.varint(octets) | 0, write: INTEGER_32 };
const LONG: Cell = { read: (reader, octets) => reader.long(octets), write: AS_TEXT };
const FIXED_64: Cell = { read: (reader, octets) => reader.fixed64(octets), write: AS_TEXT };

/** How each type is read, and written as in the CSV writer. */
const CELLS = {
  double: {
    read: (reader, octets) => reader.double(octets),
    write: (text, value) => text.append(formatDouble(Number(value))),
  },
  float: {
    read: (reader, octets) => reader.float(octets),
    write: (text, value) => text.append(formatFloat(Number(value))),
  },
  int32: SIGNED,
  uint32: { read: (reader, octets) => reader.varint(octets), write: INTEGER_32 },
  sint32: {
    read: (reader, octets) => {
      const bits = reader.varint(octets);
      return (bits >>> 1) ^ -(bits & 1);
    },
    write: INTEGER_32,
  },
  fixed32: { read: (reader, octets) => reader.fixed32(octets), write: INTEGER_32 },
  sfixed32: { read: (reader, octets) => reader.fixed32(octets) | 0, write: INTEGER_32 },
  int64: LONG,
  uint64: LONG,
  sint64: { read: (reader, octets) => reader.zigzagLong(octets), write: AS_TEXT },
  fixed64: FIXED_64,
  sfixed64: FIXED_64,
  bool: {
    read: (reader, octets) => reader.varint(octets),
    write: (text, value) => text.appendOctets(value === 0 ? FALSE : TRUE),
  },
  string: {
    read: (reader, octets, end) => reader.text(octets, end),
    write: (text, value) => text.append(quoteCell(String(value))),
  },
} as const satisfies Record<PlainType, Cell>;

/** What a field that is not on the wire is written as, where it has no presence. */
const UNSET = {
  double: 0,
  float: 0,
  int32: 0,
  uint32: 0,
  sint32: 0,
  fixed32: 0,
  sfixed32: 0,
  int64: "0",
  uint64: "0",
  sint64: "0",
  fixed64: "0",
  sfixed64: "0",
  bool: 0,
  string: "",
} as const satisfies Record<PlainType, number | string>;

/** Names of `.proto` files are; those that a server tells may be any text. */
const ASCII = /^[\x20-\x7e]*$/;

/** Undefined for an enum with two names for one value: the loader knows which of them it writes. */
function createEnumField(
  tag: number,
  { values }: EnumShape,
  explicitPresence: boolean,
): AnswerField | undefined {
  const names = new Map(values.map(({ name, number }) => [number, name]));
  if (names.size < values.length || !values.every(({ name }) => ASCII.test(name))) return undefined;
  return new Slot(tag, {
    read: SIGNED.read,
    write: (text, value) => text.append(names.get(Number(value)) ?? String(value)),
    unset: explicitPresence ? undefined : 0,
  });
}

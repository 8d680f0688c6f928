import type { HeaderField } from "../header_field.ts";
import { DynamicTable } from "./dynamic_table.ts";
import { HpackError } from "./error.ts";
import { FIELD_OVERHEAD_OCTETS, fieldOctets } from "./field_octets.ts";
import { decodeHuffman, maxDecodedOctets } from "./huffman.ts";
import { type BlockCursor, decodeInteger } from "./integer.ts";
import { decodeLatin1 } from "./latin1.ts";
import { STATIC_TABLE } from "./static_table.ts";

/** How much an {@linkcode HpackDecoder} takes. Sizes of lists count 32 octets a field beside its text. */
export interface HpackDecoderOptions {
  /**
   * Octets of the dynamic table: what we announced as SETTINGS_HEADER_TABLE_SIZE. Default 4096, which
   * also holds before the peer has read our settings; announce less only where that is dealt with.
   */
  readonly maxTableOctets?: number;
  /** Octets of a header list that is kept whole; fields past it are dropped. Default 16384. */
  readonly maxListOctets?: number;
  /** Fields of a header list that is kept whole; fields past it are dropped. Default 128. */
  readonly maxFields?: number;
  /** Octets of a header list, dropped fields included, that end decoding. Default 4 × `maxListOctets`. */
  readonly abuseOctets?: number;
}

/** What one header block says. */
export interface DecodedHeaders {
  /** The fields in the order sent; the first ones only, unless `withinLimits`. */
  readonly fields: HeaderField[];
  /** Octets of the whole list, dropped fields included. */
  readonly listOctets: number;
  /** Whether `fields` is the whole list. */
  readonly withinLimits: boolean;
}

/** As of SETTINGS_HEADER_TABLE_SIZE before any settings are exchanged (RFC 9113 section 6.5.2). */
const INITIAL_TABLE_OCTETS = 4096;

const DEFAULT_MAX_LIST_OCTETS = 16 * 1024;
const DEFAULT_MAX_FIELDS = 128;
const ABUSE_FACTOR = 4;

/** The smallest table the peer passed through and the one it ended with (RFC 7541 section 4.2). */
const MAX_SIZE_UPDATES = 2;

/**
 * Where Huffman code is unpacked before it becomes a string. All decoders share it, since nothing else
 * runs meanwhile. It grows to 1.6 times the longest string received.
 */
let scratch = new Uint8Array(1024);

/**
 * Decodes the header blocks that one side of a connection sends, in the order sent.
 *
 * Work and memory are bounded by the octets received and by the limits: every field is charged before
 * its text is copied, whether it is kept or not. Past `maxListOctets` or `maxFields` the rest of the
 * block is still decoded, so that the dynamic table stays in step with the peer's, and one refused
 * request does not cost the connection.
 *
 * Source: RFC 7541 section 3; RFC 9113 sections 4.3 and 10.5.1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const decoder = new HpackDecoder();
 * const { fields } = decoder.decode(Uint8Array.of(0x88, 0x5f, 0x01, 0x61));
 * assert.deepEqual(fields, [
 *   { name: ":status", value: "200" },
 *   { name: "content-type", value: "a" },
 * ]);
 * ```
 */
export class HpackDecoder {
  readonly #maxTableOctets: number;
  readonly #maxListOctets: number;
  readonly #maxFields: number;
  readonly #abuseOctets: number;
  readonly #table: DynamicTable;

  // The block that is being decoded.
  #cursor: BlockCursor = { bytes: new Uint8Array(0), offset: 0 };
  #fields: HeaderField[] = [];
  #fieldCount = 0;
  #listOctets = 0;

  constructor(options: HpackDecoderOptions = {}) {
    this.#maxTableOctets = options.maxTableOctets ?? INITIAL_TABLE_OCTETS;
    this.#maxListOctets = options.maxListOctets ?? DEFAULT_MAX_LIST_OCTETS;
    this.#maxFields = options.maxFields ?? DEFAULT_MAX_FIELDS;
    this.#abuseOctets = options.abuseOctets ?? ABUSE_FACTOR * this.#maxListOctets;
    this.#table = new DynamicTable(Math.min(this.#maxTableOctets, INITIAL_TABLE_OCTETS));
  }

  /**
   * Decodes one whole header block: the fragments of a HEADERS frame and its CONTINUATIONs, joined.
   * Fields sent by index are the very objects of the table.
   *
   * @throws {HpackError} COMPRESSION_ERROR: the block breaks RFC 7541; ENHANCE_YOUR_CALM: the list
   * exceeds `abuseOctets`. Either leaves the decoder out of step: end the connection.
   */
  decode(block: Uint8Array): DecodedHeaders {
    this.#cursor = { bytes: block, offset: 0 };
    this.#fields = [];
    this.#fieldCount = 0;
    this.#listOctets = 0;

    this.#readSizeUpdates();
    while (this.#cursor.offset < block.length) this.#readField(block[this.#cursor.offset]);
    return { fields: this.#fields, listOctets: this.#listOctets, withinLimits: this.#withinLimits };
  }

  get #withinLimits(): boolean {
    return this.#fieldCount <= this.#maxFields && this.#listOctets <= this.#maxListOctets;
  }

  #readSizeUpdates(): void {
    const cursor = this.#cursor;
    for (let updates = 1; isSizeUpdate(cursor.bytes[cursor.offset]); updates++) {
      if (updates > MAX_SIZE_UPDATES) {
        throw this.#malformed(`the block starts with more than ${MAX_SIZE_UPDATES} size updates`);
      }
      const octets = decodeInteger(cursor, 5);
      if (octets > this.#maxTableOctets) {
        throw this.#malformed(`table size ${octets} is above the limit of ${this.#maxTableOctets}`);
      }
      this.#table.resize(octets);
    }
  }

  /** Reads the field whose first octet is given: its highest bits say how it is represented. */
  #readField(first: number): void {
    this.#fieldCount++;
    if (first >= 0x80) this.#readIndexed();
    else if (first >= 0x40) this.#readLiteralWithIndexing();
    else if (first >= 0x20) throw this.#malformed("a size update follows a field");
    else this.#readLiteral(first >= 0x10);
  }

  #readIndexed(): void {
    const field = this.#lookUp(decodeInteger(this.#cursor, 7));
    this.#charge(fieldOctets(field));
    this.#keep(field);
  }

  #readLiteralWithIndexing(): void {
    const indexed = true;
    const name = this.#readName(6, indexed);
    const value = this.#readText(indexed);
    const field: HeaderField = { name, value };
    this.#table.insert(field);
    this.#keep(field);
  }

  #readLiteral(sensitive: boolean): void {
    const indexed = false;
    const name = this.#readName(4, indexed);
    const value = this.#readText(indexed);
    this.#keep(sensitive ? { name, value, sensitive } : { name, value });
  }

  #readName(prefixBits: number, indexed: boolean): string {
    this.#charge(FIELD_OVERHEAD_OCTETS);
    const index = decodeInteger(this.#cursor, prefixBits);
    if (index === 0) return this.#readText(indexed);
    const { name } = this.#lookUp(index);
    this.#charge(name.length);
    return name;
  }

  /**
   * Reads a string, charging for it before it is built. It is built only for the table or for a field
   * that may still be kept; else it reads as empty.
   */
  #readText(indexed: boolean): string {
    const cursor = this.#cursor;
    const isHuffman = cursor.bytes[cursor.offset] >= 0x80;
    const octets = decodeInteger(cursor, 7);
    const start = cursor.offset;
    const end = start + octets;
    if (end > cursor.bytes.length) {
      const left = cursor.bytes.length - start;
      throw this.#malformed(`a string of ${octets} octets has only ${left} left`);
    }
    cursor.offset = end;
    if (!isHuffman) {
      this.#charge(octets);
      return indexed || this.#withinLimits ? decodeLatin1(cursor.bytes, start, end) : "";
    }
    reserveScratch(maxDecodedOctets(octets));
    const decodedOctets = decodeHuffman(cursor.bytes, { start, end }, scratch);
    this.#charge(decodedOctets);
    return indexed || this.#withinLimits ? decodeLatin1(scratch, 0, decodedOctets) : "";
  }

  #lookUp(index: number): HeaderField {
    const age = index - STATIC_TABLE.length - 1;
    const field: HeaderField | undefined = age < 0 ? STATIC_TABLE[index - 1] : this.#table.at(age);
    if (field !== undefined) return field;
    const entries = STATIC_TABLE.length + this.#table.length;
    throw this.#malformed(`index ${index} is not within 1 to ${entries}`);
  }

  #charge(octets: number): void {
    this.#listOctets += octets;
    if (this.#listOctets > this.#abuseOctets) {
      throw new HpackError(
        "ENHANCE_YOUR_CALM",
        `Cannot decode the header block: its fields take more than ${this.#abuseOctets} octets`,
      );
    }
  }

  #keep(field: HeaderField): void {
    if (this.#withinLimits) this.#fields.push(field);
  }

  #malformed(reason: string): HpackError {
    const where = `header block at octet ${this.#cursor.offset}`;
    return new HpackError("COMPRESSION_ERROR", `Cannot decode the ${where}: ${reason}`);
  }
}

function isSizeUpdate(first: number): boolean {
  return first >= 0x20 && first < 0x40;
}

function reserveScratch(octets: number): void {
  if (scratch.length < octets) scratch = new Uint8Array(Math.max(octets, scratch.length * 2));
}

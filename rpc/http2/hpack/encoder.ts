import type { ByteBuffer } from "../byte_buffer.ts";
import type { HeaderField } from "../header_field.ts";
import { DynamicTable } from "./dynamic_table.ts";
import { FieldIndex } from "./field_index.ts";
import { fieldOctets } from "./field_octets.ts";
import { encodeHuffman, measureHuffman } from "./huffman.ts";
import { type Indexing, indexingOf } from "./indexing.ts";
import { encodeInteger, type IntegerPrefix } from "./integer.ts";
import { STATIC_TABLE } from "./static_table.ts";

/**
 * Octets of the dynamic table at most, whatever the peer offers: the size that holds before any
 * settings. More would let each peer decide how much memory its connection takes here.
 */
const MAX_TABLE_OCTETS = 4096;

/** A field above this part of the table would push out nearly all others, so it does not enter. */
const MAX_ENTRY_SHARE = 3 / 4;

const INDEXED: IntegerPrefix = { prefixBits: 7, pattern: 0x80 };
const SIZE_UPDATE: IntegerPrefix = { prefixBits: 5, pattern: 0x20 };
const PLAIN_TEXT: IntegerPrefix = { prefixBits: 7, pattern: 0 };
const HUFFMAN_TEXT: IntegerPrefix = { prefixBits: 7, pattern: 0x80 };

/** How the literal representations begin (RFC 7541 section 6.2). */
const LITERAL = {
  incremental: { prefixBits: 6, pattern: 0x40 },
  none: { prefixBits: 4, pattern: 0 },
  never: { prefixBits: 4, pattern: 0x10 },
} as const satisfies Record<Indexing, IntegerPrefix>;

/** The static table's fields by their indices; of several with one name, the first stands for the name. */
const STATIC_INDEX = new FieldIndex();
for (let index = STATIC_TABLE.length; index >= 1; index--) {
  STATIC_INDEX.add(STATIC_TABLE[index - 1], index);
}

/**
 * Encodes the header blocks that one side of a connection sends, in the order of the calls.
 *
 * Fields that come again cost one octet: what is worth it enters the dynamic table. Secrets
 * (`sensitive` fields, `authorization`, `proxy-authorization`, short cookies) are sent as never indexed;
 * values that change with each message (`grpc-timeout`, `-bin`, trace ids) pass the table by. Text is
 * Huffman coded where that is shorter.
 *
 * Source: RFC 7541 sections 2.3, 4.2, 6 and 7.1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ByteBuffer } from "../byte_buffer.ts";
 *
 * const encoder = new HpackEncoder();
 * const trailers = [{ name: "grpc-status", value: "0" }];
 * const out = new ByteBuffer();
 * encoder.encode(trailers, out);
 * out.clear();
 * encoder.encode(trailers, out);
 * assert.deepEqual([...out.view()], [0xbe]);
 * ```
 */
export class HpackEncoder {
  readonly #index = new FieldIndex();
  readonly #table = new DynamicTable(MAX_TABLE_OCTETS, {
    onEvict: (field, position) => this.#index.remove(field, position),
  });
  /** The smallest size that the table has had since the last block, if it changed. */
  #smallestTableOctets: number | undefined;

  /**
   * Takes the peer's SETTINGS_HEADER_TABLE_SIZE, in octets: 0 and up, of which 4096 are used. Call it
   * before the first block that follows our acknowledgement; that block announces the change.
   */
  setPeerMaxTableOctets(octets: number): void {
    const maxOctets = Math.min(octets, MAX_TABLE_OCTETS);
    if (maxOctets === this.#table.maxOctets) return;
    this.#table.resize(maxOctets);
    this.#smallestTableOctets = Math.min(this.#smallestTableOctets ?? maxOctets, maxOctets);
  }

  /**
   * Appends one whole header block to `out`.
   *
   * @throws {RangeError} a name or value has a character that is not one octet. `out` is then as before,
   * and the encoder can go on: its next block starts from an empty table.
   */
  encode(fields: readonly HeaderField[], out: ByteBuffer): void {
    const start = out.length;
    try {
      this.#writeSizeUpdates(out);
      for (let i = 0; i < fields.length; i++) this.#writeField(fields[i], out);
    } catch (error) {
      out.length = start;
      this.#forgetTable();
      throw error;
    }
  }

  /** The peer never sees what a failed block said of the table; announcing size 0 empties both. */
  #forgetTable(): void {
    const octets = this.#table.maxOctets;
    this.#table.resize(0);
    this.#table.resize(octets);
    this.#smallestTableOctets = 0;
  }

  #writeSizeUpdates(out: ByteBuffer): void {
    const smallest = this.#smallestTableOctets;
    if (smallest === undefined) return;
    const { maxOctets } = this.#table;
    if (smallest < maxOctets) encodeInteger(smallest, SIZE_UPDATE, out);
    encodeInteger(maxOctets, SIZE_UPDATE, out);
    this.#smallestTableOctets = undefined;
  }

  #writeField(field: HeaderField, out: ByteBuffer): void {
    const index = field.sensitive ? undefined : this.#find(field);
    if (index !== undefined) encodeInteger(index, INDEXED, out);
    else this.#writeLiteral(field, out);
  }

  #writeLiteral(field: HeaderField, out: ByteBuffer): void {
    const indexing = this.#indexingOf(field);
    const nameIndex = this.#findName(field.name);
    encodeInteger(nameIndex ?? 0, LITERAL[indexing], out);
    if (nameIndex === undefined) writeText(field.name, field, out);
    writeText(field.value, field, out);
    if (indexing !== "incremental") return;
    const position = this.#table.insert(field);
    if (position !== undefined) this.#index.add(field, position);
  }

  #indexingOf(field: HeaderField): Indexing {
    const indexing = indexingOf(field);
    const fits = fieldOctets(field) <= this.#table.maxOctets * MAX_ENTRY_SHARE;
    return indexing === "incremental" && !fits ? "none" : indexing;
  }

  #find({ name, value }: HeaderField): number | undefined {
    return STATIC_INDEX.find(name, value) ?? this.#indexOf(this.#index.find(name, value));
  }

  #findName(name: string): number | undefined {
    return STATIC_INDEX.findName(name) ?? this.#indexOf(this.#index.findName(name));
  }

  /** The index by which the peer knows the dynamic entry at a position. */
  #indexOf(position: number | undefined): number | undefined {
    if (position === undefined) return undefined;
    return STATIC_TABLE.length + 1 + this.#table.age(position);
  }
}

/** Writes a name or a value of `field`, in the shorter of its two forms. */
function writeText(text: string, field: HeaderField, out: ByteBuffer): void {
  const wide = /[^\0-\xff]/.exec(text);
  if (wide !== null) {
    const shown = JSON.stringify(wide[0]);
    throw new RangeError(`Cannot encode header field "${field.name}": ${shown} is not one octet`);
  }
  const huffmanOctets = measureHuffman(text);
  if (huffmanOctets < text.length) {
    encodeInteger(huffmanOctets, HUFFMAN_TEXT, out);
    const offset = out.extend(huffmanOctets);
    encodeHuffman(text, out.bytes, offset);
  } else {
    encodeInteger(text.length, PLAIN_TEXT, out);
    const offset = out.extend(text.length);
    for (let i = 0; i < text.length; i++) out.bytes[offset + i] = text.charCodeAt(i);
  }
}

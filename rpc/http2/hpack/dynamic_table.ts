import type { HeaderField } from "../header_field.ts";
import { fieldOctets } from "./field_octets.ts";

/** What a {@linkcode DynamicTable} can tell its owner. */
export interface DynamicTableOptions {
  /** Called for each entry that leaves, with the position that {@linkcode DynamicTable.insert} gave it. */
  readonly onEvict?: (field: HeaderField, position: number) => void;
}

/** Entries that a new table has room for; it doubles as needed, up to one entry per 32 octets. */
const INITIAL_CAPACITY = 16;

/**
 * The fields that one side of a connection has sent so far, newest first, bounded in octets.
 *
 * Insertion and eviction cost the same however full the table is: entries stand in a ring and never
 * move. A position counts insertions since the start of the connection, so it names one entry for good.
 *
 * Source: RFC 7541 sections 2.3.2 and 4.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const table = new DynamicTable(80);
 * table.insert({ name: "a", value: "1" }); // 34 octets
 * table.insert({ name: "b", value: "2" });
 * table.insert({ name: "c", value: "3" }); // evicts a
 * assert.equal(table.at(0)?.name, "c");
 * assert.equal(table.length, 2);
 * assert.equal(table.octets, 68);
 * ```
 */
export class DynamicTable {
  readonly #onEvict: DynamicTableOptions["onEvict"];
  /** Position `p` stands at `p & (ring.length - 1)`: the length is a power of two. */
  #ring: (HeaderField | undefined)[] = new Array(INITIAL_CAPACITY).fill(undefined);
  #oldest = 0;
  #next = 0;
  #octets = 0;
  #maxOctets: number;

  constructor(maxOctets: number, options: DynamicTableOptions = {}) {
    this.#maxOctets = maxOctets;
    this.#onEvict = options.onEvict;
  }

  /** Entries in the table. */
  get length(): number {
    return this.#next - this.#oldest;
  }

  /** Octets that the entries count for; at most `maxOctets`. */
  get octets(): number {
    return this.#octets;
  }

  get maxOctets(): number {
    return this.#maxOctets;
  }

  /** The entry of an age, if there is one: 0 is the newest, `length - 1` the oldest. */
  at(age: number): HeaderField | undefined {
    if (age < 0 || age >= this.length) return undefined;
    return this.#ring[(this.#next - 1 - age) & (this.#ring.length - 1)];
  }

  /** The age of the entry at a position. */
  age(position: number): number {
    return this.#next - 1 - position;
  }

  /**
   * Adds a field as the newest entry, after evicting as many of the oldest as it needs. A field larger
   * than the whole table empties it and is not kept; that is no error (RFC 7541 section 4.4).
   *
   * @returns the position of the new entry, or undefined if it was not kept
   */
  insert(field: HeaderField): number | undefined {
    const octets = fieldOctets(field);
    this.#evictDownTo(this.#maxOctets - octets);
    if (octets > this.#maxOctets) return undefined;
    if (this.length === this.#ring.length) this.#grow();
    const position = this.#next++;
    this.#ring[position & (this.#ring.length - 1)] = field;
    this.#octets += octets;
    return position;
  }

  /** Changes the maximum, evicting what no longer fits. */
  resize(maxOctets: number): void {
    this.#maxOctets = maxOctets;
    this.#evictDownTo(maxOctets);
  }

  #evictDownTo(octets: number): void {
    while (this.#octets > octets && this.#oldest < this.#next) {
      const position = this.#oldest++;
      const slot = position & (this.#ring.length - 1);
      const field = this.#ring[slot];
      if (field === undefined) continue;
      this.#ring[slot] = undefined;
      this.#octets -= fieldOctets(field);
      this.#onEvict?.(field, position);
    }
  }

  #grow(): void {
    const grown = new Array<HeaderField | undefined>(this.#ring.length * 2).fill(undefined);
    for (let position = this.#oldest; position < this.#next; position++) {
      grown[position & (grown.length - 1)] = this.#ring[position & (this.#ring.length - 1)];
    }
    this.#ring = grown;
  }
}

import type { HeaderField } from "../header_field.ts";

/** Where one name stands in a table: its newest entry, and the newest entry of each of its values. */
interface NamePositions {
  newest: number;
  readonly values: Map<string, number>;
}

/**
 * Finds a table's entries by name and value, in two hash look-ups and without building a key.
 *
 * A position is a number that the table gave an entry once and never gives again. Of entries that are
 * alike, the one added last is found.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const index = new FieldIndex();
 * index.add({ name: "grpc-status", value: "0" }, 7);
 * assert.equal(index.find("grpc-status", "0"), 7);
 * assert.equal(index.findName("grpc-status"), 7);
 * assert.equal(index.find("grpc-status", "5"), undefined);
 * ```
 */
export class FieldIndex {
  readonly #names = new Map<string, NamePositions>();

  /** The position of the entry with this name and value. */
  find(name: string, value: string): number | undefined {
    return this.#names.get(name)?.values.get(value);
  }

  /** The position of an entry with this name, whatever its value. */
  findName(name: string): number | undefined {
    return this.#names.get(name)?.newest;
  }

  add(field: HeaderField, position: number): void {
    const known = this.#names.get(field.name);
    if (known === undefined) {
      this.#names.set(field.name, { newest: position, values: new Map([[field.value, position]]) });
      return;
    }
    known.newest = position;
    known.values.set(field.value, position);
  }

  /** Forgets an entry, unless a newer one has taken its place. */
  remove(field: HeaderField, position: number): void {
    const known = this.#names.get(field.name);
    if (known === undefined) return;
    if (known.newest === position) this.#names.delete(field.name);
    else if (known.values.get(field.value) === position) known.values.delete(field.value);
  }
}

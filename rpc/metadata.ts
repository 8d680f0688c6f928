import { encodeBase64 } from "./base64.ts";

/** A value: text for most keys, octets for keys that end in `-bin`. */
export type MetadataValue = string | Uint8Array;

/**
 * The custom headers or trailers of a call. Has the methods of grpc-js's `Metadata`, so that handlers written for
 * either work with both.
 *
 * Keys are case-insensitive and hold `0-9 a-z _ - .`; text values are printable ASCII. Values of one key keep their
 * order. Keys that begin with `grpc-` belong to the protocol and are not sent.
 *
 * Source: PROTOCOL-HTTP2, "Custom-Metadata".
 */
export class Metadata {
  readonly #values = new Map<string, MetadataValue[]>();
  #options: object = {};
  #opaque: Map<string, unknown> | undefined;

  /** @throws Error if the key or the value cannot travel. */
  static of(entries: Readonly<Record<string, MetadataValue>>): Metadata {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(entries)) metadata.add(key, value);
    return metadata;
  }

  /** Replaces all values of the key. @throws Error if the key or the value cannot travel. */
  set(key: string, value: MetadataValue): void {
    const name = checkEntry(key, value);
    this.#values.set(name, [value]);
  }

  /** Adds one value to the key's. @throws Error if the key or the value cannot travel. */
  add(key: string, value: MetadataValue): void {
    const name = checkEntry(key, value);
    this.append(name, value);
  }

  /** Adds what a peer sent, unchecked: values out of range must not be an error. */
  append(name: string, value: MetadataValue): void {
    const values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, [value]);
    else values.push(value);
  }

  /** All values of the key; empty if there is none. */
  get(key: string): MetadataValue[] {
    return this.#values.get(key.toLowerCase())?.slice() ?? [];
  }

  /** The first value of the key as text; undefined if there is none. */
  text(key: string): string | undefined {
    const value = this.#values.get(key.toLowerCase())?.[0];
    return typeof value === "string" ? value : undefined;
  }

  remove(key: string): void {
    this.#values.delete(key.toLowerCase());
  }

  /** The first value of each key. */
  getMap(): Record<string, MetadataValue> {
    const map: Record<string, MetadataValue> = {};
    for (const [key, values] of this.#values) map[key] = values[0];
    return map;
  }

  /** All values of each key. */
  toJSON(): Record<string, MetadataValue[]> {
    return Object.fromEntries(this.#values);
  }

  clone(): Metadata {
    const copy = new Metadata();
    copy.merge(this);
    return copy;
  }

  /** Adds all values of another one. */
  merge(other: Metadata): void {
    // All of them first: it may be this one.
    for (const [key, value] of [...other]) this.append(key, value);
  }

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  // What grpc-js's class has besides, for implementations that were written for it.

  /** The values by key: what grpc-js reads when one of its own is to `merge()` this one. */
  get internalRepr(): ReadonlyMap<string, MetadataValue[]> {
    return this.#values;
  }

  /** Kept for `getOptions()`; nothing here acts on it. */
  setOptions(options: object): void {
    this.#options = options;
  }

  getOptions(): object {
    return this.#options;
  }

  /** Keeps something beside the metadata that never travels. */
  setOpaque(key: string, value: unknown): void {
    this.#opaque ??= new Map();
    this.#opaque.set(key, value);
  }

  getOpaque(key: string): unknown {
    return this.#opaque?.get(key);
  }

  /** Headers as `node:http2` takes them: `-bin` values as base64, one value alone or several as a list. */
  toHttp2Headers(): Record<string, string | string[]> {
    const headers: Record<string, string | string[]> = {};
    for (const [key, values] of this.#values) {
      const texts = values.map((value) =>
        typeof value === "string" ? value : encodeBase64(value, { padded: true })
      );
      headers[key] = texts.length === 1 ? texts[0] : texts;
    }
    return headers;
  }

  /** Every key with every value of its own. */
  *[Symbol.iterator](): IterableIterator<[string, MetadataValue]> {
    for (const [key, values] of this.#values) {
      for (const value of values) yield [key, value];
    }
  }
}

function checkEntry(key: string, value: MetadataValue): string {
  const name = key.toLowerCase();
  if (!/^[0-9a-z_.-]+$/.test(name)) {
    throw new Error(`Cannot set metadata "${key}": a key holds only 0-9 a-z _ - .`);
  }
  if (name.endsWith("-bin")) {
    if (typeof value === "string") {
      throw new Error(`Cannot set metadata "${key}": its value must be a Uint8Array`);
    }
  } else if (typeof value !== "string") {
    throw new Error(`Cannot set metadata "${key}": only keys that end in -bin take a Uint8Array`);
  } else if (!/^[\x20-\x7e]*$/.test(value)) {
    throw new Error(`Cannot set metadata "${key}": "${value}" is not printable ASCII`);
  }
  return name;
}

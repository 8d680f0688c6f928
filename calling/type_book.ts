import type { DescMessage, Message } from "@bufbuild/protobuf";
import {
  createTypes,
  decodeJson,
  encodeJson,
  type JsonValue,
  type MessageTypes,
  UnknownTypeError,
} from "../json/mod.ts";
import type { Contract } from "../inspecting/mod.ts";
import { SchemaError } from "../schema/mod.ts";

/** Reads the files that define a type and all that it needs, by file name; empty if nobody knows it. */
export type ReadType = (typeName: string) => Promise<ReadonlyMap<string, Uint8Array>>;

/**
 * The types that messages become JSON by, and back. What an `Any` holds need not be in the files of the method: the
 * server is asked for it when it first comes up.
 */
export class TypeBook {
  readonly #source: string;
  readonly #readType: ReadType | undefined;
  readonly #asked = new Set<string>();
  #files: ReadonlyMap<string, Uint8Array>;
  #types: MessageTypes;

  /** @throws SchemaError if the descriptors cannot be used */
  constructor({ source, files }: Contract, readType?: ReadType) {
    this.#source = source;
    this.#files = files;
    this.#readType = readType;
    this.#types = createTypes(files.values(), source);
  }

  get types(): MessageTypes {
    return this.#types;
  }

  /** @throws JsonError if the JSON does not fit the message */
  async decode(typeName: string, value: JsonValue): Promise<Message> {
    for (;;) {
      try {
        return decodeJson(this.find(typeName), value, this.#types);
      } catch (error) {
        if (!(error instanceof UnknownTypeError) || !await this.#learn([error.typeName])) {
          throw error;
        }
      }
    }
  }

  /**
   * @param read decodes the message by its type: types are made anew when one is learnt
   * @throws JsonError for what has no form in JSON
   */
  async encode(
    typeName: string,
    read: (desc: DescMessage) => Message,
    options: { readonly emitDefaults: boolean },
  ): Promise<JsonValue> {
    for (;;) {
      const unknown = new Set<string>();
      const desc = this.find(typeName);
      const value = encodeJson(desc, read(desc), this.#types, {
        ...options,
        onUnknownType: (name) => unknown.add(name),
      });
      if (!await this.#learn(unknown)) return value;
    }
  }

  find(typeName: string): DescMessage {
    const desc = this.#types.getMessage(typeName);
    if (desc === undefined) throw new TypeError(`Cannot find ${typeName} in ${this.#source}`);
    return desc;
  }

  /** Asks for types, for each but once; false if none was found. */
  async #learn(typeNames: Iterable<string>): Promise<boolean> {
    if (this.#readType === undefined) return false;
    const found = new Map(this.#files);
    for (const name of typeNames) {
      if (this.#asked.has(name) || !/^[\w.]+$/.test(name)) continue;
      this.#asked.add(name);
      for (const [file, octets] of await this.#readType(name)) found.set(file, octets);
    }
    if (found.size === this.#files.size) return false;
    try {
      this.#types = createTypes(found.values(), this.#source);
    } catch (error) {
      // Files that do not fit the others are as good as none: the method's own types are still right.
      if (error instanceof SchemaError) return false;
      throw error;
    }
    this.#files = found;
    return true;
  }
}

import {
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  fromBinary,
  getExtension,
  type JsonValue as PlainValue,
  type Message,
  ScalarType,
  toJson,
} from "@bufbuild/protobuf";
import {
  isReflectList,
  isReflectMap,
  isReflectMessage,
  reflect,
  type ReflectMessage,
} from "@bufbuild/protobuf/reflect";
import type { Any } from "@bufbuild/protobuf/wkt";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { encodeBase64 } from "../rpc/mod.ts";
import type { MessageTypes } from "./create_types.ts";
import { JsonError } from "./json_error.ts";
import { JsonNumber, type JsonValue } from "./json_value.ts";
import { hasOwnForm, typeNameOf } from "./well_known.ts";

/** How a message is written. */
export interface EncodeOptions {
  /** Also the fields that are at their defaults, if they cannot tell that from being unset. Default false. */
  readonly emitDefaults?: boolean;
  /** Told of each `Any` whose type is none of the types: it is written as `{"@type": …, "@value": base64}`. */
  readonly onUnknownType?: (typeName: string) => void;
}

/**
 * Makes the canonical JSON form of a message.
 *
 * Not left to the library, as its form of a 32-bit float has the digits of a 64-bit one (0.1 as 0.10000000149011612),
 * and an `Any` of a type that is not known fails the whole message (@bufbuild/protobuf 2.17.0).
 *
 * @throws JsonError for what has no such form, such as a `Timestamp` of the year 10000
 *
 * Source: protobuf.dev/programming-guides/json
 */
export function encodeJson(
  desc: DescMessage,
  message: Message,
  types: MessageTypes,
  options: EncodeOptions = {},
): JsonValue {
  return new Writer(types, options).message(reflect(desc, message));
}

/** An `Any` within an `Any` counts anew for the library's own limit, which is as high. */
const MAX_ANY_DEPTH = 100;

class Writer {
  readonly #types: MessageTypes;
  readonly #options: EncodeOptions;
  #anyDepth = 0;

  constructor(types: MessageTypes, options: EncodeOptions) {
    this.#types = types;
    this.#options = options;
  }

  message(reflected: ReflectMessage): JsonValue {
    const { desc, message } = reflected;
    if (desc.typeName === "google.protobuf.Any") return this.#any(message as Any);
    if (isWrapperDesc(desc)) {
      const [field] = desc.fields;
      return scalarJson(field?.scalar, field === undefined ? undefined : reflected.get(field));
    }
    if (hasOwnForm(desc)) return wellKnownJson(desc, message);
    const members = new Map<string, JsonValue>();
    for (const field of desc.fields) {
      if (!reflected.isSet(field) && !this.#isEmitted(field)) continue;
      members.set(field.jsonName, this.#value(field, reflected.get(field)));
    }
    this.#addExtensions(reflected, members);
    return members;
  }

  #isEmitted(field: DescField): boolean {
    const isRepeated = field.fieldKind === "list" || field.fieldKind === "map";
    return this.#options.emitDefaults === true && (isRepeated || field.presence === IMPLICIT);
  }

  #value(field: DescField | DescExtension, value: unknown): JsonValue {
    if (isReflectList(value)) {
      return Array.from(value, (item) => this.#single(field, item));
    }
    if (isReflectMap(value)) {
      return new Map(Array.from(value, ([key, item]) => [String(key), this.#single(field, item)]));
    }
    return this.#single(field, value);
  }

  #single(field: DescField | DescExtension, value: unknown): JsonValue {
    if (isReflectMessage(value)) return this.message(value);
    return field.enum === undefined ? scalarJson(field.scalar, value) : enumJson(field.enum, value);
  }

  /** Fields that the message does not know, and the types do. */
  #addExtensions({ desc, message }: ReflectMessage, members: Map<string, JsonValue>): void {
    for (const number of new Set(message.$unknown?.map(({ no }) => no))) {
      const extension = this.#types.getExtensionFor(desc, number);
      if (extension === undefined) continue;
      const value: unknown = getExtension(message, extension);
      const { jsonName, message: inner } = extension;
      const one = (item: unknown) =>
        inner === undefined
          ? this.#single(extension, item)
          : this.message(reflect(inner, item as Message));
      members.set(jsonName, Array.isArray(value) ? value.map(one) : one(value));
    }
  }

  #any({ typeUrl, value }: Any): JsonValue {
    if (typeUrl === "" && value.length === 0) return new Map();
    const desc = this.#types.getMessage(typeNameOf(typeUrl));
    const type = ["@type", typeUrl] as const;
    if (desc === undefined) {
      this.#options.onUnknownType?.(typeNameOf(typeUrl));
      return new Map<string, JsonValue>([type, ["@value", encodeBase64(value, { padded: true })]]);
    }
    if (++this.#anyDepth > MAX_ANY_DEPTH) {
      throw new JsonError(`An Any holds another one, ${MAX_ANY_DEPTH} times and more`);
    }
    const inner = this.message(reflect(desc, readAny(desc, value)));
    this.#anyDepth--;
    if (hasOwnForm(desc) || !(inner instanceof Map)) return new Map([type, ["value", inner]]);
    return new Map([type, ...inner]);
  }
}

/** `FieldPresence.IMPLICIT` of google/protobuf/descriptor.proto. */
const IMPLICIT = 2;

function readAny(desc: DescMessage, octets: Uint8Array): Message {
  try {
    return fromBinary(desc, octets);
  } catch (cause) {
    throw new JsonError(
      `An Any says that it holds a ${desc.typeName}, but its ${octets.length} octets are none`,
      { cause },
    );
  }
}

function wellKnownJson(desc: DescMessage, message: Message): JsonValue {
  try {
    return fromPlain(toJson(desc, message));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new JsonError(`A ${desc.typeName} has no form in JSON: ${reason}`, { cause });
  }
}

function fromPlain(value: PlainValue): JsonValue {
  if (typeof value === "number") return numberJson(value);
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== "object" || value === null) return value;
  return new Map(Object.entries(value).map(([key, member]) => [key, fromPlain(member)]));
}

function enumJson({ typeName, value: values }: DescEnum, value: unknown): JsonValue {
  if (typeName === "google.protobuf.NullValue") return null;
  const number = Number(value);
  return values[number]?.jsonName ?? numberJson(number);
}

function scalarJson(scalar: ScalarType | undefined, value: unknown): JsonValue {
  if (value instanceof Uint8Array) return encodeBase64(value, { padded: true });
  if (typeof value === "number") {
    return scalar === ScalarType.FLOAT ? floatJson(value) : numberJson(value);
  }
  return typeof value === "boolean" ? value : String(value);
}

function numberJson(value: number): JsonValue {
  if (!Number.isFinite(value)) return String(value);
  return new JsonNumber(Object.is(value, -0) ? "-0" : String(value));
}

/** The shortest digits that are still the same number of 32 bits; 9 are always enough. */
function floatJson(value: number): JsonValue {
  if (!Number.isFinite(value) || value === 0) return numberJson(value);
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return numberJson(rounded);
  }
  return numberJson(Number(value.toPrecision(9)));
}

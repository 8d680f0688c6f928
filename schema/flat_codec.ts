import type { InPlaceDecode, InPlaceEncode } from "../rpc/mod.ts";
import { FlatReader } from "./flat_reader.ts";
import { FLAT_WRITER, MAX_TEXT_VALUE_OCTETS, NOT_WRITTEN } from "./flat_writer.ts";
import type { EnumShape, FieldShape, MessageShape, ScalarType } from "./message_shape.ts";

/** The loader's codec of a message type. */
export interface PlainCodec {
  encode(message: unknown): Uint8Array;
  decode(octets: Uint8Array): unknown;
}

/**
 * How a field is read and written: expressions over the reader `r`, the writer `w`, the octets `b`, the value `v` and `TABLE`,
 * the names of its enum.
 */
interface FieldCode {
  /** Wire type (protobuf, "Message Structure"). */
  readonly wireType: 0 | 1 | 2 | 5;
  /** The most that the value takes. */
  readonly maxOctets: number;
  /** The value. */
  readonly read: string;
  /** Where the value ends; `NO` for one that the loader's codec is to write. */
  readonly write: string;
}

/** Of a negative number. */
const MAX_VARINT_OCTETS = 10;

const NUMBER = 'typeof v!=="number"?NO:';

const SCALARS: Readonly<Partial<Record<ScalarType, FieldCode>>> = {
  double: { wireType: 1, maxOctets: 8, read: "r.double(b)", write: NUMBER + "w.double(b,at,v)" },
  float: { wireType: 5, maxOctets: 4, read: "r.float(b)", write: NUMBER + "w.float(b,at,v)" },
  int32: {
    wireType: 0,
    maxOctets: MAX_VARINT_OCTETS,
    read: "r.varint(b)|0",
    write: NUMBER + "w.int32(b,at,v|0)",
  },
  uint32: { wireType: 0, maxOctets: 5, read: "r.varint(b)", write: NUMBER + "w.varint(b,at,v)" },
  sint32: {
    wireType: 0,
    maxOctets: 5,
    read: "zigzag(r.varint(b))",
    write: NUMBER + "w.varint(b,at,v<<1^v>>31)",
  },
  fixed32: {
    wireType: 5,
    maxOctets: 4,
    read: "r.fixed32(b)",
    write: NUMBER + "w.fixed32(b,at,v>>>0)",
  },
  sfixed32: {
    wireType: 5,
    maxOctets: 4,
    read: "r.fixed32(b)|0",
    write: NUMBER + "w.fixed32(b,at,v>>>0)",
  },
  int64: { wireType: 0, maxOctets: MAX_VARINT_OCTETS, read: "r.long(b)", write: "w.long(b,at,v)" },
  uint64: { wireType: 0, maxOctets: MAX_VARINT_OCTETS, read: "r.long(b)", write: "w.long(b,at,v)" },
  sint64: {
    wireType: 0,
    maxOctets: MAX_VARINT_OCTETS,
    read: "r.zigzagLong(b)",
    write: "w.zigzagLong(b,at,v)",
  },
  fixed64: { wireType: 1, maxOctets: 8, read: "r.fixed64(b)", write: "w.fixed64(b,at,v)" },
  sfixed64: { wireType: 1, maxOctets: 8, read: "r.fixed64(b)", write: "w.fixed64(b,at,v)" },
  bool: { wireType: 0, maxOctets: 1, read: "r.varint(b)!==0", write: "w.varint(b,at,v?1:0)" },
  // Read by the loader's codec: who reads in place keeps nothing of what it read.
  bytes: { wireType: 2, maxOctets: 5, read: "r.giveUp()", write: "w.octets(b,at,v)" },
  string: {
    wireType: 2,
    maxOctets: MAX_TEXT_VALUE_OCTETS,
    read: "r.text(b,end)",
    write: "w.text(b,at,v)",
  },
};

const ENUM: FieldCode = {
  wireType: 0,
  maxOctets: MAX_VARINT_OCTETS,
  read: "nameOf(TABLE,r.varint(b)|0,r)",
  write: "(n=numberOf(TABLE,v))===undefined?NO:w.int32(b,at,n)",
};

/** The largest field number whose tag has one or two octets. */
const MAX_FIELD_NUMBER = 2047;
const MAX_TAG_OCTETS = 2;

/** True for a message that `createFlatCodec()` may take: only single numbers, enums, octets and texts, and not of proto2. */
export function isFlat({ fields }: MessageShape): boolean {
  const names = new Set(fields.map(({ name }) => name));
  return fields.length > 0 &&
    fields.every((field) => isFlatField(field) && !names.has(oneofOf(field) ?? ""));
}

/** True for a flat message that is read in place as well: one with octets would keep a view of them. */
export function isReadInPlace(shape: MessageShape): boolean {
  return isFlat(shape) && !shape.fields.some(isOctets);
}

function isOctets({ type }: FieldShape): boolean {
  return type.kind === "scalar" && type.scalar === "bytes";
}

function isFlatField(field: FieldShape): boolean {
  const { name, number, cardinality, explicitPresence, syntheticOneof } = field;
  const isProto2 = explicitPresence && syntheticOneof === undefined;
  return cardinality === "single" && !isProto2 && number <= MAX_FIELD_NUMBER &&
    codeOf(field) !== undefined && isUsableName(name) && isUsableName(oneofOf(field) ?? name);
}

/** Names become part of a program. */
function isUsableName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && !(name in Object.prototype);
}

/** The oneof that tells whether a field is set; its name is a key of the object beside the field's. */
function oneofOf({ oneof, syntheticOneof }: FieldShape): string | undefined {
  return oneof ?? syntheticOneof;
}

function codeOf({ type }: FieldShape): FieldCode | undefined {
  switch (type.kind) {
    case "scalar":
      return SCALARS[type.scalar];
    case "enum":
      return ENUM;
    case "message":
      return undefined;
  }
}

/**
 * The fast path of streams of measurements: a codec of our own for messages that are all numbers, enums and short texts.
 * It reads such a message where it lies into the object that the loader's codec makes, and writes it into the output, in
 * a third to an eighth of the time.
 *
 * It takes the usual alone. Whatever else a message has, such as an unknown field, another wire type, a long text, a
 * negative 64-bit integer or an end within a value, the loader's codec reads the message again, and whatever it makes
 * of it counts. Defaults, key order and the names of enums are asked of that codec too. So the two cannot differ, but for
 * an error in here, which `tests/schema/flat_codec_test.ts` looks for.
 */
export function createFlatCodec(
  shape: MessageShape,
  plain: PlainCodec,
): { readonly decode: InPlaceDecode<unknown>; readonly encode: InPlaceEncode<unknown> } {
  const left: InPlaceDecode<unknown> = (bytes, start, end) =>
    plain.decode(bytes.subarray(start, end));
  if (!isFlat(shape) || !isAsDescribed(shape, plain)) return { decode: left, encode: () => -1 };
  const defaults = isReadInPlace(shape) ? readDefaults(plain) : undefined;
  const enums = shape.fields.map(({ name, type }) =>
    type.kind === "enum" ? readEnum(name, type.enum, plain) : undefined
  );
  return {
    decode: defaults === undefined ? left : compileDecoder(shape, { defaults, enums, left }),
    encode: compileEncoder(shape, enums),
  };
}

/** False where the loader's codec knows more of a message than its shape: an extension. */
function isAsDescribed({ fields }: MessageShape, plain: PlainCodec): boolean {
  try {
    const always = fields.filter((field) => oneofOf(field) === undefined).map(({ name }) => name);
    const names = Object.keys(Object(plain.decode(new Uint8Array(0))));
    return plain.encode({}).length === 0 && names.join() === always.join();
  } catch {
    return false;
  }
}

/** What the loader's codec makes of no octets; undefined unless those are all plain values. */
function readDefaults(plain: PlainCodec): ReadonlyMap<string, unknown> | undefined {
  const entries = Object.entries(Object(plain.decode(new Uint8Array(0))));
  const isPlain = entries.every(([, value]) => typeof value !== "object" && value !== undefined);
  return isPlain ? new Map(entries) : undefined;
}

interface EnumTable {
  readonly names: ReadonlyMap<number, string>;
  readonly numbers: ReadonlyMap<unknown, number>;
}

/** Of two names with one number, the loader's codec knows which it reads. */
function readEnum(field: string, { values }: EnumShape, plain: PlainCodec): EnumTable {
  const names = new Map<number, string>();
  for (const { number } of values) {
    const message = plain.decode(plain.encode({ [field]: number }));
    const name = Reflect.get(Object(message), field);
    if (typeof name === "string") names.set(number, name);
  }
  return { names, numbers: new Map(values.map(({ name, number }) => [name, number])) };
}

function nameOf({ names }: EnumTable, number: number, reader: FlatReader): string | undefined {
  const name = names.get(number);
  if (name === undefined) reader.giveUp();
  return name;
}

function numberOf({ numbers }: EnumTable, value: unknown): number | undefined {
  return numbers.get(value) ?? (typeof value === "number" ? value | 0 : undefined);
}

function lengthOf(value: unknown): number {
  return value instanceof Uint8Array ? value.length : 0;
}

function zigzag(value: number): number {
  return value >>> 1 ^ -(value & 1);
}

// Programs are put together as protobufjs does it: one that knows its fields is several times as fast as a loop over a
// table of them.

function compileDecoder(
  { fields }: MessageShape,
  parts: {
    readonly defaults: ReadonlyMap<string, unknown>;
    readonly enums: readonly (EnumTable | undefined)[];
    readonly left: InPlaceDecode<unknown>;
  },
): InPlaceDecode<unknown> {
  const variables = fields.map(({ name }, index) =>
    `v${index}=${toSource(parts.defaults.get(name))}`
  );
  const cases = fields.map((field, index) => {
    const { wireType, read } = requireCode(field);
    const value = read.replace("TABLE", `enums[${index}]`);
    return `case ${field.number << 3 | wireType}:v${index}=${value};break;`;
  });
  const always: string[] = [];
  const whereSet: string[] = [];
  for (const [index, field] of fields.entries()) {
    const { name } = field;
    const oneof = oneofOf(field);
    if (oneof === undefined) always.push(`${name}:v${index}`);
    // After all others, and of a oneof with two members the one with the higher number, as in the loader's.
    else whereSet.push(`if(v${index}!==undefined){m.${name}=v${index};m.${oneof}="${name}";}`);
  }
  const source = `
    return function decodeFlat(b, start, end) {
      let ${variables.join(",")};
      r.at = start;
      while (r.at < end) {
        switch (r.varint(b)) {
          ${cases.join("\n          ")}
          default: return left(b, start, end);
        }
      }
      if (r.at !== end) return left(b, start, end);
      const m = {${always.join(",")}};
      ${whereSet.join("\n      ")}
      return m;
    };`;
  const make = new Function("r", "enums", "nameOf", "zigzag", "left", source);
  return make(new FlatReader(), parts.enums, nameOf, zigzag, parts.left);
}

function compileEncoder(
  { fields }: MessageShape,
  enums: readonly (EnumTable | undefined)[],
): InPlaceEncode<unknown> {
  const steps: string[] = [];
  for (const [index, field] of fields.entries()) {
    const { wireType, write } = requireCode(field);
    const tag = field.number << 3 | wireType;
    const tagOctets = tag < 0x80 ? [tag] : [tag & 0x7f | 0x80, tag >>> 7];
    steps.push(`if ((v = v${index}) != null) {
        ${tagOctets.map((octet) => `b[at++]=${octet};`).join("")}
        if ((at=${write.replace("TABLE", `enums[${index}]`)})===NO) {out.length=start;return -1;}
      }`);
  }
  const room = fields.reduce(
    (octets, field) => octets + MAX_TAG_OCTETS + requireCode(field).maxOctets,
    0,
  );
  // All before there is room for them: a getter may throw, or send another message.
  const values = fields.map(({ name }, index) => `v${index}=m.${name}`);
  const variable = fields.flatMap((field, index) => isOctets(field) ? [`lengthOf(v${index})`] : []);
  const source = `
    return function encodeFlat(m, out, prefixOctets) {
      if (typeof m !== "object" || m === null || Array.isArray(m)) return -1;
      const ${values.join(",")};
      const start = out.extend(${["prefixOctets", room, ...variable].join("+")}), b = out.bytes;
      let at = start + prefixOctets, v, n;
      ${steps.join("\n      ")}
      out.length = at;
      return at - start - prefixOctets;
    };`;
  const make = new Function("w", "NO", "enums", "numberOf", "lengthOf", source);
  return make(FLAT_WRITER, NOT_WRITTEN, enums, numberOf, lengthOf);
}

/** Only of fields that `isFlat()` has seen. */
function requireCode(field: FieldShape): FieldCode {
  const code = codeOf(field);
  if (code === undefined) {
    throw new Error(`Cannot compile the field "${field.name}": it is not flat`);
  }
  return code;
}

/** A default as it stands in a program. */
function toSource(value: unknown): string {
  if (typeof value !== "number") return JSON.stringify(value);
  return Object.is(value, -0) ? "-0" : String(value);
}

// Messages of editions, beside those of @bufbuild/protobuf, which reads the features from the descriptors.
import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  fromBinary,
  type Message,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { reflect, scalarZeroValue } from "@bufbuild/protobuf/reflect";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import protobuf from "protobufjs";
import { createTypes } from "../../json/mod.ts";
import { ByteBuffer } from "../../rpc/http2/mod.ts";
import { findInPlaceDecoder, findInPlaceEncoder } from "../../rpc/in_place_codec.ts";
import {
  describeProtos,
  loadSchema,
  loadSources,
  type MessageShape,
  type MethodSchema,
} from "../../schema/mod.ts";
import { createRandom, printSeed } from "../support/random.ts";
import { methodOf, testProto, withFiles } from "./support.ts";

const ROUNDS = 1_000;
const MAX_DEPTH = 3;

const schema = await loadSchema([testProto("editions.proto")]);
const octetsOfFiles = describeProtos(schema.files ?? []).map(({ octets }) => octets);
const types = createTypes(octetsOfFiles, "editions.proto");

function descOf(typeName: string): DescMessage {
  const desc = types.getMessage(typeName);
  assert.ok(desc, `no message ${typeName}`);
  return desc;
}

type Below = (below: number) => number;

function randomScalar(scalar: ScalarType, below: Below): unknown {
  const zero = scalarZeroValue(scalar, false);
  if (below(3) === 0) return zero;
  const bits = BigInt(below(2 ** 32)) << BigInt(below(33));
  switch (scalar) {
    case ScalarType.STRING:
      return ["a", "é☺\u{1f600}", "x".repeat(below(100))][below(3)];
    case ScalarType.BYTES:
      return Uint8Array.from({ length: below(100) }, () => below(256));
    case ScalarType.BOOL:
      return true;
    case ScalarType.FLOAT:
      return Math.fround((below(2 ** 31) - 2 ** 30) / 1000);
    case ScalarType.DOUBLE:
      return [(below(2 ** 31) - 2 ** 30) / 1000, -0, Infinity, 5e-324][below(4)];
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return below(2 ** 32);
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return bits;
    default:
      return typeof zero === "bigint" ? BigInt.asIntN(64, bits * -1n) : below(2 ** 32) | 0;
  }
}

function randomEnum({ values }: DescEnum, below: Below): number {
  return values[below(values.length)]?.number ?? 0;
}

/** Half of the fields are set, the required ones always; those of proto2 are for other tests. */
function randomMessage(desc: DescMessage, below: Below, depth = 0): Message {
  const message = create(desc);
  const reflected = reflect(desc, message);
  const one = (field: DescField): unknown =>
    field.message !== undefined
      ? reflect(field.message, randomMessage(field.message, below, depth + 1))
      : field.enum !== undefined
      ? randomEnum(field.enum, below)
      : randomScalar(field.scalar ?? ScalarType.STRING, below);
  for (const field of desc.fields) {
    const isLeft = field.message !== undefined && depth >= MAX_DEPTH ||
      field.message?.typeName.startsWith("test.everything.");
    if (isLeft || below(2) === 0 && field.presence !== LEGACY_REQUIRED) continue;
    if (field.fieldKind === "list") {
      const list = reflected.get(field);
      for (let length = below(4); length > 0; length--) list.add(one(field));
    } else if (field.fieldKind === "map") {
      // One, as objects put keys that are integers into an order of their own.
      const key = randomScalar(field.mapKey, below);
      reflected.get(field).set(key, one(field));
    } else reflected.set(field, one(field));
  }
  return message;
}

/** `FeatureSet.FieldPresence.LEGACY_REQUIRED` of google/protobuf/descriptor.proto. */
const LEGACY_REQUIRED = 3;

/** Takes out what is sent only because it is there: a field without presence at its default, as the loader's codec fills it in. */
function dropDefaults(message: unknown, shape: MessageShape, desc: DescMessage): void {
  if (typeof message !== "object" || message === null) return;
  for (const { name, type, cardinality } of shape.fields) {
    const value = Reflect.get(message, name);
    const field = desc.fields.find((field) => field.name === name);
    assert.ok(field, name);
    if (type.kind === "message") {
      const values = cardinality === "single" ? [value] : Object.values(value ?? {});
      assert.ok(field.message);
      for (const one of values) dropDefaults(one, type.message, field.message);
    } else if (cardinality === "single" && field.presence === IMPLICIT) {
      const isDefault = type.kind === "enum"
        ? value === type.enum.values[0]?.name
        : value === false || value === "" || value === "0" || Object.is(value, 0);
      if (isDefault) Reflect.deleteProperty(message, name);
    }
  }
}

/** `FeatureSet.FieldPresence.IMPLICIT`. */
const IMPLICIT = 2;

const numbers = methodOf(schema, "Numbers");
const all = methodOf(schema, "All");
const later = methodOf(schema, "Later");

function requestOf({ request, definition }: MethodSchema) {
  const { requestSerialize: encode, requestDeserialize: decode } = definition;
  return { shape: request, encode, decode };
}

function responseOf({ response, definition }: MethodSchema) {
  const { responseSerialize: encode, responseDeserialize: decode } = definition;
  return { shape: response, encode, decode };
}

const MESSAGES = [requestOf(numbers), requestOf(all), requestOf(later), responseOf(later)];

for (const { shape, encode, decode } of MESSAGES) {
  Deno.test(`${shape.fullName} has the octets that @bufbuild/protobuf gives it`, () => {
    const below = createRandom(printSeed());
    const desc = descOf(shape.fullName);
    for (let round = 0; round < ROUNDS; round++) {
      const wanted = toBinary(desc, randomMessage(desc, below));
      const message = decode(Buffer.from(wanted));
      assert.deepEqual(findInPlaceDecoder(decode)?.(wanted, 0, wanted.length) ?? message, message);
      // What a field without presence adds is a default, and so changes nothing.
      const full = fromBinary(desc, encode(message));
      assert.equal(Buffer.from(toBinary(desc, full)).toString("hex"), wanted.toHex());
      dropDefaults(message, shape, desc);
      assert.equal(Buffer.from(encode(message)).toString("hex"), wanted.toHex(), `round ${round}`);
      const out = new ByteBuffer();
      const length = findInPlaceEncoder(encode)?.(message, out, 0) ?? -1;
      if (length >= 0) assert.equal(out.bytes.subarray(0, length).toHex(), wanted.toHex());
    }
  });
}

Deno.test("A field of an edition is there when it was set, also to its default, and absent when not", () => {
  const { encode, decode } = requestOf(numbers);
  const zeros = { an_int32: 0, a_string: "", open: "OPEN_ZERO", an_int64: "0", implicit: 0 };
  assert.deepEqual({ ...Object(decode(Buffer.from(encode(zeros)))) }, {
    ...zeros,
    ...{ _an_int32: "an_int32", _a_string: "a_string", _open: "open", _an_int64: "an_int64" },
  });
  assert.deepEqual({ ...Object(decode(Buffer.alloc(0))) }, { implicit: 0 });
  const inPlace = findInPlaceDecoder(decode);
  assert.ok(inPlace, "messages of editions have no fast way");
  assert.deepEqual({ ...Object(inPlace(new Uint8Array(0), 0, 0)) }, { implicit: 0 });
});

Deno.test("The presence of a field follows from its features and those of its file", () => {
  const presence = ({ fields }: MessageShape) =>
    Object.fromEntries(
      fields.filter(({ cardinality, oneof }) => cardinality === "single" && oneof === undefined)
        .map(({ name, explicitPresence, syntheticOneof = "" }) =>
          [name, `${explicitPresence} ${syntheticOneof}`.trim()] as const
        ),
    );
  assert.deepEqual(presence(later.request), { id: "true _id", count: "false" });
  assert.deepEqual(presence(later.response), {
    ...{ id: "true _id", kind: "true _kind", words: "true _words" },
    ...{ group: "false", child: "false" },
  });
  const { required, text, implicit_text, implicit_open, with_default } = presence(all.request);
  assert.deepEqual(
    { required, text, implicit_text, implicit_open, with_default },
    {
      required: "true",
      text: "true _text",
      implicit_text: "false",
      implicit_open: "false",
      with_default: "true _with_default",
    },
  );
});

Deno.test("A required field of an edition must be there", async () => {
  const { decode } = requestOf(all);
  assert.throws(() => decode(Buffer.alloc(0)), /missing required 'required'/);
  const { notes } = await loadSources(testProto("editions.proto"));
  assert.ok(notes.required.has("test.editions.Everything.required"));
});

Deno.test("The file with a fault is found among many of an edition without loading them for each", async () => {
  const count = 100;
  const head = 'edition = "2023";\n';
  const files = Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      `${at}.proto`,
      `${head}${at + 1 < count ? `import "${at + 1}.proto";\n` : ""}` +
      `message M${at} { ${at === 10 ? "Nowhere" : "int32"} a = 1; }\n`,
    ]),
  );
  const { parse } = protobuf;
  let parsed = 0;
  const counting: typeof parse = Object.assign((...args: unknown[]) => {
    parsed++;
    return Reflect.apply(parse, protobuf, args);
  }, parse);
  await withFiles(files, async (folder) => {
    Object.assign(protobuf, { parse: counting });
    try {
      await assert.rejects(
        loadSchema([`${folder}/0.proto`]),
        /^SchemaError: Cannot load ".*\/10\.proto": "M10" uses the type "Nowhere"/,
      );
    } finally {
      Object.assign(protobuf, { parse });
    }
  });
  assert.ok(parsed > 0 && parsed < 12 * count, `${parsed} parsed`);
});

const BROKEN = [
  {
    fault: "the place of a missing semicolon",
    edition: "2023",
    text: "message M {\n  int32 a = 1\n}",
    wanted: /^SchemaError: Cannot parse ".*a\.proto" line 5/,
  },
  {
    fault: "the place of a fault in a later edition",
    edition: "2024",
    text: "export message M {\n  int32 a == 1;\n}",
    wanted: /^SchemaError: Cannot parse ".*a\.proto" line 4/,
  },
  {
    fault: "which type is not defined",
    edition: "2024",
    text: "message M {\n  Nowhere a = 1;\n}",
    wanted: /^SchemaError: Cannot load ".*a\.proto": "M" uses the type "Nowhere"/,
  },
  {
    fault: "that an edition is not known",
    edition: "2099",
    text: "message M {}",
    wanted: /^SchemaError: Cannot parse ".*a\.proto" line 1 column 12: "2099"/,
  },
] as const;

for (const { fault, edition, text, wanted } of BROKEN) {
  Deno.test(`loadSchema() says ${fault}, in edition ${edition}`, async () => {
    const head = `edition = "${edition}";\n\n`;
    const files = { "a.proto": `${head}${text}\nservice S { rpc A(M) returns (M); }\n` };
    await withFiles(files, (folder) => assert.rejects(loadSchema([`${folder}/a.proto`]), wanted));
  });
}

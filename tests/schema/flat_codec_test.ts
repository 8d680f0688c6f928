import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { ByteBuffer } from "../../rpc/http2/mod.ts";
import { findInPlaceDecoder, findInPlaceEncoder } from "../../rpc/in_place_codec.ts";
import { MessageWriter } from "../../rpc/message_writer.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import { createFlatCodec, isFlat } from "../../schema/flat_codec.ts";
import type { MessageShape } from "../../schema/message_shape.ts";
import { loadSchema } from "../../schema/mod.ts";
import { createRandom, printSeed } from "../support/random.ts";
import { openEnvelopes } from "../support/wire.ts";
import { methodOf, testProto } from "./support.ts";

const ROUNDS = 8_000;

const flat = await loadSchema([testProto("flat.proto")]);
const flat2 = await loadSchema([testProto("flat_proto2.proto")]);

interface Subject {
  readonly shape: MessageShape;
  readonly encode: (message: unknown) => Uint8Array;
  readonly decode: (octets: Uint8Array) => unknown;
}

const { definition, request, response } = methodOf(flat, "CheckNumbers");
const NUMBERS: Subject = {
  shape: request,
  encode: definition.requestSerialize,
  decode: definition.requestDeserialize,
};
const WORDS: Subject = {
  shape: response,
  encode: definition.responseSerialize,
  decode: definition.responseDeserialize,
};
const perhaps = methodOf(flat, "CheckMaybe");
const MAYBE: Subject = {
  shape: perhaps.request,
  encode: perhaps.definition.requestSerialize,
  decode: perhaps.definition.requestDeserialize,
};
const CHOICE: Subject = {
  shape: perhaps.response,
  encode: perhaps.definition.responseSerialize,
  decode: perhaps.definition.responseDeserialize,
};

/** The result, or the error's message: what a caller sees. */
function outcome<Result>(
  run: () => Result,
): { readonly value: Result } | { readonly error: string } {
  try {
    return { value: run() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function checkDecode({ shape, decode, encode }: Subject, octets: Uint8Array, told: string): void {
  const codec = createFlatCodec(shape, { encode, decode });
  checkDecodeWith(codec.decode, { decode }, octets, told);
}

function checkDecodeWith(
  inPlace: (bytes: Uint8Array, start: number, end: number) => unknown,
  { decode }: Pick<Subject, "decode">,
  octets: Uint8Array,
  told: string,
): void {
  // Between other messages, which are not to be read.
  const storage = new Uint8Array(octets.length + 16).fill(0x7f);
  storage.set(octets, 3);
  const wanted = outcome(() => decode(octets));
  const found = outcome(() => inPlace(storage, 3, 3 + octets.length));
  const shown = `${told}: octets ${octets.toHex()}`;
  assert.deepStrictEqual(found, wanted, shown);
  if ("value" in found && "value" in wanted) {
    assert.deepEqual(Object.keys(Object(found.value)), Object.keys(Object(wanted.value)), shown);
  }
}

type Below = (below: number) => number;

function varint(value: bigint, padding = 0): number[] {
  const octets: number[] = [];
  for (let rest = BigInt.asUintN(64, value);;) {
    const octet = Number(rest & 0x7fn);
    rest >>= 7n;
    if (rest === 0n && padding === 0) return [...octets, octet];
    octets.push(octet | 0x80);
    if (rest === 0n) return [...octets, ...new Array(padding - 1).fill(0x80), 0];
  }
}

function randomBigInt(below: Below): bigint {
  const bits = below(65);
  const value = BigInt.asUintN(bits, BigInt(below(2 ** 32)) << 32n | BigInt(below(2 ** 32)));
  return below(4) === 0 ? -value : value;
}

function randomText(below: Below): string {
  const alphabet = below(3) === 0 ? "aé☺\u{1f600}\ud800\0" : "ab c\x7f09";
  const length = [0, 1, 8, 63, 64, 65, 200][below(7)];
  return Array.from({ length }, () => alphabet.charAt(below(alphabet.length))).join("");
}

/** One field on the wire: as a rule one of the message's, as it should be. */
function randomField({ shape }: Subject, below: Below): number[] {
  const known = shape.fields[below(shape.fields.length)];
  const number = below(10) === 0 ? 1 + below(3000) : known.number;
  const usual = known.type.kind === "scalar" ? WIRE_TYPES[known.type.scalar] ?? 0 : 0;
  const wireType = below(15) === 0 ? below(8) : usual;
  const padding = below(12) === 0 ? below(3) : 0;
  const tag = varint(BigInt(number << 3 | wireType), padding);
  const random = (length: number) => Array.from({ length }, () => below(256));
  switch (wireType) {
    case 0:
      return [...tag, ...varint(randomBigInt(below), below(12) === 0 ? below(9) : 0)];
    case 1:
      return [...tag, ...(below(2) === 0 ? random(8) : [...random(5), 0, 0, 0])];
    case 2: {
      const octets = below(10) === 0
        ? random(below(80))
        : [...new TextEncoder().encode(randomText(below))];
      return [...tag, ...varint(BigInt(octets.length + (below(20) === 0 ? 1 : 0))), ...octets];
    }
    case 5:
      return [...tag, ...random(4)];
    default:
      return tag;
  }
}

const WIRE_TYPES: Readonly<Record<string, number>> = {
  ...{ double: 1, fixed64: 1, sfixed64: 1 },
  ...{ float: 5, fixed32: 5, sfixed32: 5, string: 2 },
};

Deno.test("A flat decoder gives what the loader's gives, whatever the octets", () => {
  const seed = printSeed();
  const below = createRandom(seed);
  for (const subject of [NUMBERS, WORDS, MAYBE, CHOICE]) {
    const { decode } = createFlatCodec(subject.shape, subject);
    for (let round = 0; round < ROUNDS; round++) {
      let octets = Array.from({ length: below(5) }, () => randomField(subject, below)).flat();
      if (below(6) === 0) octets = octets.slice(0, below(octets.length + 1));
      if (below(8) === 0 && octets.length > 0) octets[below(octets.length)] = below(256);
      checkDecodeWith(decode, subject, Uint8Array.from(octets), `seed ${seed}, round ${round}`);
    }
  }
});

Deno.test("A flat decoder gives what the loader's gives for each beginning of a message", () => {
  const message = { a: -0, b: NaN, c: -1, d: "9007199254740993", e: 4294967295, g: -3, m: true };
  const octets = NUMBERS.encode(message);
  for (let length = 0; length <= octets.length; length++) {
    checkDecode(NUMBERS, octets.subarray(0, length), `the first ${length}`);
  }
});

const ODD_VALUES: readonly unknown[] = [
  ...[
    0,
    -0,
    1,
    -1,
    1.5,
    NaN,
    Infinity,
    -Infinity,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    2 ** 53,
    -(2 ** 53),
  ],
  ...[
    "",
    "7",
    "-7",
    "007",
    "1.5",
    "x",
    "ON",
    "RUNNING",
    "LOST",
    "9007199254740991",
    "12345678901234567",
  ],
  ...[null, undefined, true, false, [], {}, [3], 70000, 5],
];

function randomMessage({ shape }: Subject, below: Below): unknown {
  const message: Record<string, unknown> = {};
  for (const { name } of shape.fields) {
    if (below(shape.fields.length) > 1) continue;
    const values = [
      () => ODD_VALUES[below(ODD_VALUES.length)],
      () => (below(2 ** 32) - 2 ** 31) / [1, 7, 2 ** 20][below(3)],
      () => below(2 ** 20),
      () => randomText(below),
      () => String(randomBigInt(below)),
    ];
    message[name] = values[below(values.length)]();
  }
  return below(50) === 0 ? [null, 5, [], [message], "text"][below(5)] : message;
}

Deno.test("A flat encoder writes what the loader's writes, whatever the message, or leaves it to it", () => {
  const seed = printSeed();
  const below = createRandom(seed);
  for (const subject of [NUMBERS, WORDS, MAYBE, CHOICE]) {
    const { encode } = createFlatCodec(subject.shape, subject);
    const out = new ByteBuffer(0);
    let written = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const message = randomMessage(subject, below);
      const told = `seed ${seed}, round ${round}: ${Deno.inspect(message)}`;
      out.length = 7;
      const octets = encode(message, out, 0);
      if (octets < 0) {
        assert.equal(out.length, 7, told);
        continue;
      }
      written++;
      const wanted = outcome(() => subject.encode(message));
      const found = { value: out.bytes.slice(7, out.length) };
      assert.equal(octets, found.value.length, told);
      assert.deepEqual(
        found,
        "value" in wanted ? { value: Uint8Array.from(wanted.value) } : wanted,
        told,
      );
    }
    assert.ok(written > ROUNDS / 20, `only ${written} were written`);
  }
});

Deno.test("A flat codec does without the loader's for the usual messages", () => {
  const usual = { other: "kiln 3", at: "1767225600000", text: "", done: true, mode: "RUNNING" };
  const octets = WORDS.encode(usual);
  let isBuilt = false;
  const plain = (run: (value: never) => unknown) => (value: unknown) => {
    assert.ok(!isBuilt, "the loader's codec was asked");
    return run(value as never);
  };
  const codec = createFlatCodec(WORDS.shape, {
    encode: plain(WORDS.encode) as Subject["encode"],
    decode: plain(WORDS.decode),
  });
  const wanted = WORDS.decode(octets);
  isBuilt = true;
  assert.deepStrictEqual(codec.decode(octets, 0, octets.length), wanted);
  const out = new ByteBuffer();
  assert.equal(codec.encode(usual, out, 0), octets.length);
  assert.deepEqual([...out.view()], [...octets]);
});

Deno.test("isFlat() takes proto3 messages of single scalars and enums only", () => {
  const table = [
    ["CheckNumbers", true, true],
    ["CheckMaybe", true, true],
    ["CheckNested", false, false],
    ["CheckOctets", true, false],
    ["CheckOddName", false, false],
  ] as const;
  for (const [name, takesRequest, takesResponse] of table) {
    const { request, response } = methodOf(flat, name);
    assert.deepEqual([isFlat(request), isFlat(response)], [takesRequest, takesResponse], name);
  }
});

Deno.test("isFlat() takes no proto2 message, which may have to have a field or know that it has none", () => {
  const { request, response } = methodOf(flat2, "CheckRequired");
  assert.deepEqual([isFlat(request), isFlat(response)], [false, false]);
});

Deno.test("A schema's flat methods have in-place codecs, and what wraps them has none", () => {
  assert.ok(findInPlaceDecoder(definition.requestDeserialize) !== undefined);
  assert.ok(findInPlaceEncoder(definition.responseSerialize) !== undefined);
  const wrapped = (octets: Uint8Array) => definition.requestDeserialize(octets);
  assert.equal(findInPlaceDecoder(wrapped), undefined);
});

Deno.test("A message with octets is written in place, but not read: its octets would not stay as they are", () => {
  const { definition } = methodOf(flat, "CheckOctets");
  assert.equal(findInPlaceDecoder(definition.requestDeserialize), undefined);
  const encode = findInPlaceEncoder(definition.requestSerialize);
  assert.ok(encode !== undefined);
  const data = Uint8Array.from({ length: 70_000 }, (_, index) => index);
  for (const value of [data, data.subarray(1, 1), data.subarray(5, 200), Buffer.from("text")]) {
    const out = new ByteBuffer(0);
    assert.ok(encode({ data: value }, out, 0) > 0);
    assert.deepEqual(out.view(), Uint8Array.from(definition.requestSerialize({ data: value })));
  }
  // base64, a list of octets, and what is none of these.
  for (const value of ["AAEC", [1, 2, 300], 5]) {
    assert.equal(encode({ data: value }, new ByteBuffer(), 0), -1);
  }
});

Deno.test("A codec that knows more of a message than its shape reads and writes all of it", () => {
  const { shape, encode, decode } = WORDS;
  const extended = (octets: Uint8Array) => ({ ...Object(decode(octets)), ".pkg.extra": "" });
  const strict = (octets: Uint8Array) => {
    if (octets.length === 0) throw new Error("missing required 'text'");
    return decode(octets);
  };
  const always = (message: unknown) => Uint8Array.of(...encode(message), 0x52, 0);
  const table = {
    "an extension": { encode, decode: extended },
    "a field that must be there": { encode, decode: strict },
    "a field that is written unset": { encode: always, decode },
  };
  for (const [name, plain] of Object.entries(table)) {
    const codec = createFlatCodec(shape, plain);
    assert.equal(codec.encode({ done: true }, new ByteBuffer(), 0), -1, name);
    const octets = encode({ done: true });
    assert.deepEqual(codec.decode(octets, 0, octets.length), plain.decode(octets), name);
  }
});

function createWordsWriter() {
  const output = new ByteBuffer(0);
  const writer = new MessageWriter<unknown>({ output, flush: () => true }, WORDS.encode);
  const messages = () => openEnvelopes(output.view()).map((octets) => Object(WORDS.decode(octets)));
  return { writer, output, messages };
}

Deno.test("A message that throws while it is read leaves nothing in the output", () => {
  const { writer, output } = createWordsWriter();
  writer.send({ other: "first" });
  const before = output.length;
  const broken = {
    other: "second",
    get text(): string {
      throw new Error("no text");
    },
  };
  assert.throws(
    () => writer.send(broken),
    (error) =>
      error instanceof RpcError && error.code === Status.INTERNAL &&
      error.message === "Cannot encode a message: no text",
  );
  assert.deepEqual([output.length, writer.count], [before, 1]);
});

Deno.test("A message that sends another one while it is read comes after it, both whole", () => {
  const { writer, messages } = createWordsWriter();
  const outer = {
    other: "outer",
    get text() {
      writer.send({ other: "inner", text: "x".repeat(60) });
      return "late";
    },
  };
  writer.send(outer);
  const seen = messages().map(({ other, text }) => [other, text]);
  assert.deepEqual(seen, [["inner", "x".repeat(60)], ["outer", "late"]]);
});

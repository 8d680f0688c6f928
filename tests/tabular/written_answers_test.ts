import assert from "node:assert/strict";
import type { MethodSchema } from "../../schema/mod.ts";
import {
  AnswerText,
  createAnswerWriter,
  createWrittenAnswers,
  type WrittenAnswers,
} from "../../tabular/mod.ts";
import { createRandom, printSeed } from "../support/random.ts";
import { field, loadMethod, message } from "./support.ts";

const methodWith = (fields: string) =>
  loadMethod(`syntax = "proto3"; package test;
    enum Color { RED = 0; DARK_GREEN = 3; NEGATIVE = -1; }
    message Inner { int32 x = 1; }
    message M { ${fields} }
    service S { rpc Echo(stream M) returns (stream M); }`);

const METHOD = await methodWith(`
  double a = 1; float b = 2; int32 c = 3; int64 d = 4; uint32 e = 5; uint64 f = 6; sint32 g = 7;
  sint64 h = 8; fixed32 i = 9; fixed64 j = 10; sfixed32 k = 11; bool l = 12; string m = 13;
  Color n = 14; optional float o = 15;`);

function createFast({ response, definition }: MethodSchema): WrittenAnswers | undefined {
  return createWrittenAnswers({
    shape: response,
    decode: (octets) => definition.responseDeserialize(octets) as object,
  });
}

interface Both {
  readonly fast: string;
  readonly general: string;
  readonly isWritten: boolean;
}

/** What the fast path and the CSV writer make of an answer that stands between others. */
function readBoth(written: WrittenAnswers, method: MethodSchema, octets: Uint8Array): Both {
  const writer = createAnswerWriter("csv", method.response, { header: false });
  const around = new Uint8Array(octets.length + 20).fill(0x08);
  around.set(octets, 10);
  let answer: object;
  try {
    answer = written.decode(around, 10, 10 + octets.length);
  } catch {
    assert.throws(() => method.definition.responseDeserialize(octets));
    return { fast: "", general: "", isWritten: false };
  }
  const isWritten = answer === written;
  const fast = isWritten ? written.take(1).text : writer.write([answer]);
  const message = method.definition.responseDeserialize(octets) as object;
  return { fast, general: writer.write([message]), isWritten };
}

function encode(method: MethodSchema, message: object): Uint8Array {
  return new Uint8Array(method.definition.responseSerialize(message));
}

const MESSAGES: readonly (readonly [message: object, isWritten: boolean])[] = [
  [{}, true],
  [{ a: 0, b: -0, c: 0, d: "0", l: false, m: "", n: "RED", o: 0 }, true],
  [{ a: -0, b: 0.1, c: -1, e: 4294967295, g: -2147483648, i: 2147483648, k: -1 }, true],
  [{ c: 2147483647, g: 2147483647, k: -2147483648, e: 10, i: 9 }, true],
  [{ c: -2147483648, e: 2147483648, i: 99, k: 100 }, true],
  [{ a: NaN, b: Infinity, o: -Infinity }, true],
  [{ a: 1e300, b: 1e-40, o: 16777216 }, true],
  [{ d: "9007199254740991", f: "123456789012", h: "-5", j: "9007199254740991" }, true],
  [{ d: "-1" }, false],
  [{ f: "18446744073709551615" }, false],
  [{ l: true, m: 'a,"b"', n: "DARK_GREEN" }, true],
  [{ m: "two\nlines\r" }, true],
  [{ m: "ä" }, false],
  [{ m: "x".repeat(64) }, true],
  [{ m: "x".repeat(65) }, false],
  [{ n: -1 }, true],
  [{ n: 7 }, true],
];

for (const [message, isWritten] of MESSAGES) {
  const shown = Deno.inspect(message, { compact: true, breakLength: 200 }).slice(0, 80);
  Deno.test(`WrittenAnswers ${isWritten ? "writes" : "leaves to the decoder"} ${shown}`, () => {
    const written = createFast(METHOD);
    assert.ok(written !== undefined);
    const both = readBoth(written, METHOD, encode(METHOD, message));
    assert.equal(both.isWritten, isWritten);
    assert.equal(both.fast, both.general);
  });
}

Deno.test("WrittenAnswers keeps the text of each answer until it is taken", () => {
  const written = createFast(METHOD);
  assert.ok(written !== undefined);
  const writer = createAnswerWriter("csv", METHOD.response, { header: false });
  const messages = Array.from({ length: 3000 }, (_, c) => ({ c, m: `${c}, of many` }));
  for (const message of messages) {
    const octets = encode(METHOD, message);
    assert.equal(written.decode(octets, 0, octets.length), written);
  }
  const texts = [written.take(1), written.take(2000), written.take(999)];
  assert.ok(texts[0] instanceof AnswerText);
  const expected = messages.map((message) =>
    writer.write([METHOD.definition.responseDeserialize(encode(METHOD, message)) as object])
  );
  assert.equal(texts.map(({ text }) => text).join(""), expected.join(""));
  assert.equal(texts[0].text, expected[0]);
});

Deno.test("WrittenAnswers writes an only column that is empty so that it is no blank line", async () => {
  for (const fields of ["string a = 1;", "optional int32 a = 1;"]) {
    const method = await methodWith(fields);
    const written = createFast(method);
    assert.ok(written !== undefined);
    const both = readBoth(written, method, encode(method, {}));
    assert.deepEqual(both, { fast: '""\n', general: '""\n', isWritten: true });
  }
});

const UNFIT: readonly (readonly [name: string, fields: string])[] = [
  ["no field", ""],
  ["bytes", "int32 a = 1; bytes b = 2;"],
  ["a list", "repeated int32 a = 1;"],
  ["a map", "map<string, int32> a = 1;"],
  ["a message", "Inner a = 1;"],
  ["a oneof", "oneof o { int32 a = 1; int32 b = 2; }"],
  ["a tag of two octets", "int32 a = 16;"],
];

for (const [name, fields] of UNFIT) {
  Deno.test(`createWrittenAnswers() does not take answers with ${name}`, async () => {
    assert.equal(createFast(await methodWith(fields)), undefined);
  });
}

Deno.test("createWrittenAnswers() does not take an enum with a name beyond ASCII, as a server may tell one", () => {
  for (const [name, isTaken] of [["RED", true], ["Größe", false]] as const) {
    const color = { fullName: "test.Color", values: [{ name, number: 0 }] };
    const shape = message("test.Answer", field("color", { kind: "enum", enum: color }));
    assert.equal(createWrittenAnswers({ shape, decode: () => ({}) }) !== undefined, isTaken);
  }
});

Deno.test("createWrittenAnswers() does not take proto2 nor an enum with two names for a value", async () => {
  const old = await loadMethod(`syntax = "proto2"; package old;
    message M { optional int32 a = 1 [default = 5]; }
    service S { rpc X(stream M) returns (stream M); }`);
  assert.equal(createFast(old), undefined);
  const alias = await loadMethod(`syntax = "proto3"; package alias;
    enum E { option allow_alias = true; A = 0; B = 0; }
    message M { E a = 1; }
    service S { rpc X(stream M) returns (stream M); }`);
  assert.equal(createFast(alias), undefined);
});

Deno.test("WrittenAnswers makes of random octets what the decoder and the CSV writer make of them", () => {
  const random = createRandom(printSeed());
  const written = createFast(METHOD);
  assert.ok(written !== undefined);
  let taken = 0;
  for (let round = 0; round < 30_000; round++) {
    const parts: number[] = [];
    for (let fields = random(5); fields > 0; fields--) {
      const number = 1 + random(15);
      // As a rule the wire type that belongs to the field.
      const wireType = random(12) === 0
        ? random(6)
        : [1, 5, 0, 0, 0, 0, 0, 0, 5, 1, 5, 0, 2, 0, 5][number - 1];
      parts.push(number << 3 | wireType);
      const length = wireType === 1 ? 8 : wireType === 5 ? 4 : 1 + random(4);
      if (wireType === 2) parts.push(length);
      for (let index = 0; index < length; index++) {
        const isLast = index === length - 1;
        const octet = random(wireType === 2 ? 0x80 : 0x100);
        parts.push(wireType !== 0 ? octet : isLast ? octet & 0x7f : octet | 0x80);
      }
    }
    const whole = Uint8Array.from(parts);
    const octets = random(20) === 0 ? whole.subarray(0, random(whole.length + 1)) : whole;
    const both = readBoth(written, METHOD, octets);
    assert.equal(both.fast, both.general, octets.toString());
    if (both.isWritten) taken++;
  }
  assert.ok(taken > 10_000, `${taken} answers were written`);
});

import { strict as assert } from "node:assert";
import { encodeEnvelope, EnvelopeDecoder } from "../../rpc/envelope.ts";
import { ByteBuffer } from "../../rpc/http2/mod.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import { createRandom } from "./support/create_random.ts";

interface Message {
  readonly octets: readonly number[];
  readonly compressed: boolean;
}

const MESSAGES: readonly Message[] = [
  { octets: [], compressed: false },
  { octets: [1, 2, 3], compressed: true },
  { octets: [0, 0, 0, 0, 0, 0], compressed: false },
  { octets: Array.from({ length: 300 }, (_, at) => at & 255), compressed: true },
  { octets: [255], compressed: false },
];

function encodeAll(messages: readonly Message[]): Uint8Array {
  const out = new ByteBuffer(1);
  for (const { octets, compressed } of messages) {
    encodeEnvelope(out, Uint8Array.from(octets), { compressed });
  }
  return out.view().slice();
}

/** Pushes the chunks and takes what can be taken after each. */
function decodeAll(chunks: readonly Uint8Array[], maxMessageOctets = 1000): Message[] {
  const decoder = new EnvelopeDecoder({ maxMessageOctets });
  const payloads: { readonly view: Uint8Array; readonly compressed: boolean }[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    while (decoder.next()) {
      payloads.push({ view: decoder.payload, compressed: decoder.compressed });
    }
  }
  assert.equal(decoder.heldOctets, 0);
  // Read at the end: a view stays as it is, whatever came after it.
  return payloads.map(({ view, compressed }) => ({ octets: [...view], compressed }));
}

const BYTES = encodeAll(MESSAGES);

Deno.test("encodeEnvelope() writes flag, length and message", () => {
  assert.deepEqual([...encodeAll(MESSAGES).subarray(0, 13)], [
    ...[0, 0, 0, 0, 0],
    ...[1, 0, 0, 0, 3, 1, 2, 3],
  ]);
});

Deno.test("EnvelopeDecoder reads envelopes that arrive whole", () => {
  assert.deepEqual(decodeAll([BYTES]), MESSAGES);
});

Deno.test("EnvelopeDecoder reads envelopes that arrive octet by octet", () => {
  const chunks = Array.from(BYTES, (octet) => Uint8Array.of(octet));
  assert.deepEqual(decodeAll(chunks), MESSAGES);
});

Deno.test("EnvelopeDecoder reads envelopes that are split anywhere", () => {
  for (let at = 0; at <= BYTES.length; at++) {
    assert.deepEqual(decodeAll([BYTES.subarray(0, at), BYTES.subarray(at)]), MESSAGES, `at ${at}`);
  }
});

Deno.test("EnvelopeDecoder reads random envelopes in random pieces", () => {
  const { seed, below } = createRandom();
  for (let round = 0; round < 200; round++) {
    const messages = Array.from({ length: 1 + below(20) }, () => ({
      octets: Array.from({ length: below(4) === 0 ? below(900) : below(20) }, () => below(256)),
      compressed: below(2) === 1,
    }));
    const bytes = encodeAll(messages);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = 1 + below(100);
      // The receive buffer is used again: what was pushed must not be kept.
      chunks.push(bytes.slice(at, at + length));
      at += length;
    }
    assert.deepEqual(decodeAll(chunks), messages, `seed ${seed}, round ${round}`);
  }
});

Deno.test("EnvelopeDecoder does not keep what was pushed", () => {
  const decoder = new EnvelopeDecoder({ maxMessageOctets: 10 });
  const chunk = Uint8Array.of(0, 0, 0, 0, 2, 7);
  decoder.push(chunk);
  chunk.fill(99);
  decoder.push(Uint8Array.of(8));
  assert.equal(decoder.next(), true);
  assert.deepEqual([...decoder.payload], [7, 8]);
});

function refusal(octets: readonly number[], maxMessageOctets: number): RpcError {
  const decoder = new EnvelopeDecoder({ maxMessageOctets });
  decoder.push(Uint8Array.from(octets));
  try {
    decoder.next();
  } catch (error) {
    assert.ok(error instanceof RpcError);
    return error;
  }
  throw new Error("Expected a refusal");
}

Deno.test("EnvelopeDecoder refuses a length above the limit as soon as it is announced", () => {
  const { code, message } = refusal([0, 0xff, 0xff, 0xff, 0xff], 4_194_304);
  assert.equal(code, Status.RESOURCE_EXHAUSTED);
  assert.match(message, /4294967295 octets: at most 4194304/);
  assert.equal(refusal([0, 0, 0, 0, 11], 10).code, Status.RESOURCE_EXHAUSTED);
  assert.deepEqual(decodeAll([Uint8Array.of(0, 0, 0, 0, 1, 5)], 1).length, 1);
});

for (const flag of [2, 3, 128, 255]) {
  Deno.test(`EnvelopeDecoder refuses flag ${flag}`, () => {
    assert.equal(refusal([flag, 0, 0, 0, 0], 10).code, Status.INTERNAL);
  });
}

Deno.test("EnvelopeDecoder takes memory for what arrives, not for what is announced", () => {
  const before = Deno.memoryUsage().external;
  const decoders = Array.from({ length: 100 }, () => {
    const decoder = new EnvelopeDecoder({ maxMessageOctets: 100_000_000 });
    decoder.push(Uint8Array.of(0, 5, 0, 0, 0, 1));
    assert.equal(decoder.next(), false);
    return decoder;
  });
  const taken = Deno.memoryUsage().external - before;
  assert.ok(taken < 1_000_000, `100 announcements of 80 MiB took ${taken} octets`);
  assert.equal(decoders[99].heldOctets, 6);
});

Deno.test("A million pushes of one octet cost no more than their octets", () => {
  const octets = 1_000_000;
  const decoder = new EnvelopeDecoder({ maxMessageOctets: octets });
  decoder.push(Uint8Array.of(0, octets >>> 24, octets >>> 16, octets >>> 8, octets));
  const one = Uint8Array.of(7);
  const before = Deno.memoryUsage();
  const startedMs = performance.now();
  for (let pushed = 0; pushed < octets; pushed++) {
    assert.equal(decoder.next(), false);
    decoder.push(one);
  }
  assert.equal(decoder.next(), true);
  assert.equal(decoder.payload.length, octets);
  assert.ok(decoder.payload.every((octet) => octet === 7));
  // Quadratic copying would take minutes, an object for each push hundreds of MB.
  assert.ok(performance.now() - startedMs < 5000);
  const { external } = Deno.memoryUsage();
  assert.ok(external - before.external < 16_000_000, `${external - before.external} octets`);
});

for (const [name, look] of [["was looked at", true], ["was read in place", false]] as const) {
  Deno.test(`trim() gives back the storage of a large message that ${name}`, () => {
    for (const rest of [[], [0], [0, 0, 0, 0, 2, 7]]) {
      const decoder = new EnvelopeDecoder({ maxMessageOctets: 4_000_000 });
      const bytes = encodeAll([{ octets: new Array(1_000_000).fill(7), compressed: false }]);
      for (let at = 0; at < bytes.length; at += 16_384) {
        decoder.push(bytes.subarray(at, at + 16_384));
      }
      decoder.push(Uint8Array.from(rest));
      assert.equal(decoder.next(), true);
      const payload = look ? decoder.payload : undefined;
      assert.equal(decoder.next(), false);
      decoder.trim();
      assert.ok(decoder.storage.length <= 65_536, `${decoder.storage.length} octets are left`);
      assert.equal(decoder.heldOctets, rest.length);
      decoder.push(encodeAll([{ octets: [5, 8], compressed: false }]).subarray(rest.length));
      assert.equal(decoder.next(), true);
      assert.deepEqual([decoder.payload.length, decoder.payload[1]], [2, 8]);
      assert.ok(payload === undefined || payload.every((octet) => octet === 7));
    }
  });
}

Deno.test("trim() keeps the storage that small messages have filled and left", () => {
  const decoder = new EnvelopeDecoder({ maxMessageOctets: 1000 });
  const bytes = encodeAll(new Array(1000).fill({ octets: new Array(95).fill(1) }));
  decoder.push(bytes);
  while (decoder.next()) assert.equal(decoder.storage[decoder.payloadStart], 1);
  const { storage } = decoder;
  decoder.trim();
  assert.equal(decoder.storage, storage);
  assert.ok(storage.length >= 100_000);
});

Deno.test("clear() gives everything back", () => {
  const decoder = new EnvelopeDecoder({ maxMessageOctets: 10 });
  decoder.push(Uint8Array.of(0, 0, 0, 0, 1));
  decoder.clear();
  assert.equal(decoder.heldOctets, 0);
  assert.equal(decoder.next(), false);
});

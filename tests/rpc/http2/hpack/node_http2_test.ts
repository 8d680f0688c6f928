import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import { ByteBuffer } from "../../../../rpc/http2/byte_buffer.ts";
import type { HeaderField } from "../../../../rpc/http2/header_field.ts";
import { HpackDecoder, HpackEncoder } from "../../../../rpc/http2/hpack/mod.ts";
import { createRandom } from "./helpers.ts";

// node:http2's client against our codec, in both directions: its requests are what we decode, and the
// answers that we encode are what it decodes. (Its server side aborts the process: denoland/deno#36788.)

const PREFACE_OCTETS = 24;
const FRAME_HEADER_OCTETS = 9;
const TIMEOUT_MS = 10_000;

const HEADERS_FRAME = 1;
const SETTINGS_FRAME = 4;
const CONTINUATION_FRAME = 9;
const ACK = 0x1;
const END_STREAM = 0x1;
const END_HEADERS = 0x4;
const PRIORITY = 0x20;
const HEADER_TABLE_SIZE = 1;

/** Fields by name; all names in these tests come once a block. */
type Fields = Record<string, string>;

Deno.test("decode() reads the same fields from every request that node:http2 sends", async () => {
  await withNodeClient({}, async (conversation) => {
    const { peer } = conversation;
    const seed = Date.now() >>> 0;
    const random = createRandom(seed);
    for (let round = 0; round < 100; round++) {
      const sent = randomFields(random);
      await exchange(conversation, { ":method": "POST", ":path": `/a.B/C${round % 7}`, ...sent });
      const { ":scheme": scheme, ":authority": authority, ...received } = peer.lastRequest;
      assert.deepEqual(
        received,
        { ":method": "POST", ":path": `/a.B/C${round % 7}`, ...sent },
        `seed ${seed}, round ${round}`,
      );
      assert.deepEqual([scheme, authority], ["http", peer.authority]);
    }
  });
});

Deno.test("decode() follows node:http2 through changes of the table size", async () => {
  await withNodeClient({}, async (conversation) => {
    const { client, peer, signal } = conversation;
    for (const sizes of [[0], [4096], [100], [0, 4096], [64, 128], [4096]]) {
      for (const size of sizes) {
        const taken = once(client, "remoteSettings", { signal });
        await peer.announceTableSize(size);
        await taken;
      }
      for (let i = 0; i < 10; i++) {
        const sent = { "x-size": String(sizes), "x-again": "the same", "x-number": String(i % 3) };
        await exchange(conversation, { ":path": "/", ...sent });
        const { "x-size": size, "x-again": again, "x-number": number } = peer.lastRequest;
        assert.deepEqual({ "x-size": size, "x-again": again, "x-number": number }, sent);
      }
    }
    assert.ok(peer.sizeUpdates > 0, "node:http2 announced no table size");
  });
});

Deno.test("decode() reads a block that node:http2 splits over CONTINUATION frames", async () => {
  await withNodeClient({}, async (conversation) => {
    const { peer } = conversation;
    const long = "long \x7e value ".repeat(3000);
    for (let i = 0; i < 3; i++) {
      await exchange(conversation, { ":path": "/", "x-long": long.trim(), "x-after": String(i) });
      assert.equal(peer.lastRequest["x-long"], long.trim());
      assert.equal(peer.lastRequest["x-after"], String(i));
    }
    assert.ok(peer.continuations > 0);
  });
});

for (const headerTableSize of [4096, 65536, 300, 0]) {
  Deno.test(`node:http2 with a table of ${headerTableSize} reads what encode() writes`, async () => {
    await withNodeClient({ headerTableSize }, async (conversation) => {
      const { peer } = conversation;
      const seed = Date.now() >>> 0;
      const random = createRandom(seed);
      for (let round = 0; round < 100; round++) {
        const answer = { "content-type": "application/grpc", ...randomFields(random) };
        peer.answer = [
          { name: ":status", value: "200" },
          ...Object.entries(answer).map(([name, value]) => ({ name, value })),
          { name: "x-secret", value: String(round), sensitive: true },
        ];
        assert.deepEqual(
          await exchange(conversation, { ":path": "/" }),
          {
            ":status": 200,
            ...answer,
            "x-secret": String(round),
            [http2.sensitiveHeaders]: ["x-secret"],
          },
          `seed ${seed}, round ${round}`,
        );
      }
    });
  });
}

function randomFields(random: (bound: number) => number): Fields {
  const fields: Fields = {};
  const count = random(10) === 0 ? 60 : random(8);
  for (let i = 0; i < count; i++) {
    const length = 1 + random(random(5) === 0 ? 300 : 12);
    const codes = Array.from({ length }, () => 0x21 + random(0x5e));
    fields[`x-field-${random(40)}`] = random(2) === 0
      ? `value ${random(5)}`
      : String.fromCharCode(...codes);
  }
  return fields;
}

/** Makes one request and returns the header fields of its answer. */
async function exchange(
  { client, signal }: Conversation,
  headers: http2.OutgoingHttpHeaders,
): Promise<http2.IncomingHttpHeaders> {
  const request = client.request(headers, { endStream: true });
  const closed = once(request, "close", { signal });
  const answered = once(request, "response", { signal });
  request.resume();
  const [[answer]] = await Promise.all([answered, closed]);
  return { ...answer }; // Without its null prototype.
}

interface Conversation {
  readonly client: http2.ClientHttp2Session;
  readonly peer: ScriptedPeer;
  /** Ends every wait when the test takes too long. */
  readonly signal: AbortSignal;
}

async function withNodeClient(
  settings: http2.Settings,
  talk: (conversation: Conversation) => Promise<void>,
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const authority = `127.0.0.1:${listener.addr.port}`;
  const accepted = listener.accept();
  const client = http2.connect(`http://${authority}`, { settings });
  const deadline = new AbortController();
  const { signal } = deadline;
  const timer = setTimeout(() => deadline.abort(), TIMEOUT_MS);
  const closed = once(client, "close", { signal });
  using connection = await accepted;
  const peer = new ScriptedPeer(connection, authority);
  const served = peer.serve().catch((error) => deadline.abort(error));
  try {
    await talk({ client, peer, signal });
  } finally {
    client.destroy();
    await Promise.all([closed, served]);
    clearTimeout(timer);
  }
}

/** Answers each request with `answer`, and remembers what it said. */
class ScriptedPeer {
  answer: HeaderField[] = [{ name: ":status", value: "200" }];
  lastRequest: Fields = {};
  continuations = 0;
  sizeUpdates = 0;

  readonly #decoder = new HpackDecoder({ maxListOctets: 100_000 });
  readonly #encoder = new HpackEncoder();
  readonly #received = new ByteBuffer();
  #block = new ByteBuffer();

  constructor(readonly connection: Deno.Conn, readonly authority: string) {}

  /** Serves until the client goes. */
  async serve(): Promise<void> {
    await this.#write(SETTINGS_FRAME, 0, 0, new Uint8Array(0));
    await this.#read(PREFACE_OCTETS);
    for (;;) {
      const header = await this.#read(FRAME_HEADER_OCTETS);
      if (header === undefined) return;
      const view = new DataView(header.buffer);
      const payload = await this.#read(view.getUint32(0) >>> 8);
      if (payload === undefined) return;
      await this.#handle(view.getUint8(3), view.getUint8(4), view.getUint32(5), payload);
    }
  }

  announceTableSize(octets: number): Promise<void> {
    const entry = new DataView(new ArrayBuffer(6));
    entry.setUint16(0, HEADER_TABLE_SIZE);
    entry.setUint32(2, octets);
    return this.#write(SETTINGS_FRAME, 0, 0, new Uint8Array(entry.buffer));
  }

  async #handle(type: number, flags: number, streamId: number, payload: Uint8Array): Promise<void> {
    if (type === SETTINGS_FRAME && (flags & ACK) === 0) {
      const view = new DataView(payload.buffer);
      for (let at = 0; at < payload.length; at += 6) {
        if (view.getUint16(at) !== HEADER_TABLE_SIZE) continue;
        this.#encoder.setPeerMaxTableOctets(view.getUint32(at + 2));
      }
      await this.#write(SETTINGS_FRAME, ACK, 0, new Uint8Array(0));
    }
    if (type === CONTINUATION_FRAME) this.continuations++;
    if (type !== HEADERS_FRAME && type !== CONTINUATION_FRAME) return;
    this.#block.append(payload.subarray(type === HEADERS_FRAME && flags & PRIORITY ? 5 : 0));
    if ((flags & END_HEADERS) === 0) return;
    const block = this.#block.view();
    if (block[0] >= 0x20 && block[0] < 0x40) this.sizeUpdates++;
    const { fields, withinLimits } = this.#decoder.decode(block);
    this.#block.clear();
    assert.equal(withinLimits, true);
    this.lastRequest = Object.fromEntries(fields.map(({ name, value }) => [name, value]));
    const out = new ByteBuffer();
    this.#encoder.encode(this.answer, out);
    await this.#write(HEADERS_FRAME, END_HEADERS | END_STREAM, streamId, out.view());
  }

  /** The next octets, once they are there; undefined where the connection ends before. */
  async #read(octets: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const chunk = new Uint8Array(65536);
    while (this.#received.length < octets) {
      const count = await this.connection.read(chunk);
      if (count === null) return undefined;
      this.#received.append(chunk.subarray(0, count));
    }
    const [taken, rest] = [
      this.#received.view().slice(0, octets),
      this.#received.view().slice(octets),
    ];
    this.#received.clear();
    this.#received.append(rest);
    return taken;
  }

  async #write(type: number, flags: number, streamId: number, payload: Uint8Array): Promise<void> {
    const frame = new Uint8Array(FRAME_HEADER_OCTETS + payload.length);
    const view = new DataView(frame.buffer);
    view.setUint32(0, payload.length << 8 | type);
    view.setUint8(4, flags);
    view.setUint32(5, streamId);
    frame.set(payload, FRAME_HEADER_OCTETS);
    for (let at = 0; at < frame.length;) at += await this.connection.write(frame.subarray(at));
  }
}

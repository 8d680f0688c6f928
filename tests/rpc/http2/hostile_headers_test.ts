/** Attacks by header blocks (docs/attacks.md 1.6, 1.11 and 1.12). */
import { strict as assert } from "node:assert";
import {
  CODE,
  concat,
  continuation,
  type Fields,
  headers,
  headersLiteral,
  hpackInteger,
  ping,
} from "../../support/wire.ts";
import { EMPTY, expectCalm, repeat, untilQuiet } from "./hostile_rig.ts";
import { GET, get, OK_FIELDS, post, startServer } from "./rig.ts";

Deno.test("CONTINUATION without end (1.11) ends the connection", async () => {
  for (const fragment of [EMPTY, headersLiteral([["x", "y"]])]) {
    await using rig = await startServer();
    await rig.peer.send(
      headers(1, headersLiteral(GET), { endHeaders: false }),
      repeat(9, () => continuation(1, fragment, false)),
    );
    await rig.expectFailure(CODE.ENHANCE_YOUR_CALM);
    assert.equal(rig.requests.size, 0);
  }
});

Deno.test("A header block above 64 KiB (1.11) ends the connection", async () => {
  await using rig = await startServer();
  const piece = new Uint8Array(16_384);
  await rig.peer.send(
    headers(1, piece, { endHeaders: false }),
    repeat(4, () => continuation(1, piece, false)),
  );
  await rig.expectFailure(CODE.ENHANCE_YOUR_CALM);
});

Deno.test("A connection may be cut within a header block (CVE-2024-27983)", async () => {
  await using rig = await startServer();
  await rig.peer.send(headers(1, headersLiteral(GET).subarray(0, 9), { endHeaders: false }));
  await untilQuiet(rig);
  rig.socket.cut();
  await rig.done;
  assert.equal(rig.requests.size, 0);
});

for (const [name, intruder] of [["PING", ping()], ["HEADERS", get(3)]] as const) {
  Deno.test(`${name} within a header block ends the connection`, async () => {
    await using rig = await startServer();
    await rig.peer.send(headers(1, GET, { endHeaders: false }), intruder);
    await rig.expectFailure(CODE.PROTOCOL_ERROR);
  });
}

/** A literal that enters the table, as `x-bomb: xxx…` of `octets`. */
function bombFuse(octets: number): Uint8Array {
  const name = Uint8Array.from("x-bomb", (char) => char.charCodeAt(0));
  return concat([
    Uint8Array.of(0x40, name.length),
    name,
    hpackInteger(octets, 7),
    new Uint8Array(octets).fill(0x78),
  ]);
}

Deno.test("A header list that unpacks above the limit (1.12) is refused; the table stays in step", async () => {
  await using rig = await startServer();
  const block = concat([
    headersLiteral(GET),
    bombFuse(3900),
    Uint8Array.of(0xbe, 0xbe, 0xbe, 0xbe),
  ]);
  await rig.peer.send(headers(1, block, { endStream: true }));
  assert.equal((await rig.peer.expectHeaders(1)).get(":status"), "431");
  assert.equal(rig.requests.size, 0);
  // The bomb's entry is in the table, so that its index means what the peer thinks.
  await rig.peer.send(headers(3, concat([headersLiteral(GET), Uint8Array.of(0xbe)])));
  await rig.peer.roundTrip();
  assert.ok(rig.requests.has(3));
});

Deno.test("A header bomb (1.12), four times above the limit, ends the connection", async () => {
  await using rig = await startServer();
  const block = concat([headersLiteral(GET), bombFuse(3900), new Uint8Array(20).fill(0xbe)]);
  await rig.peer.send(headers(1, block, { endStream: true }));
  await rig.expectFailure(CODE.ENHANCE_YOUR_CALM);
});

Deno.test("More than 128 fields (1.6) are refused, however short", async () => {
  await using rig = await startServer();
  const many = Array.from({ length: 128 }, () => ["a", ""] as const);
  await rig.peer.send(headers(1, [...GET, ...many], { endStream: true }));
  assert.equal((await rig.peer.expectHeaders(1)).get(":status"), "431");
});

Deno.test("Refused header lists count as resets", async () => {
  await using rig = await startServer({ limits: { resetsSent: { burst: 2, perSecond: 0 } } });
  const many: Fields = [...GET, ...Array.from({ length: 128 }, () => ["a", ""] as const)];
  await rig.peer.send(headers(1, many), headers(3, many), headers(5, many));
  await expectCalm(rig, "too_many_internal_resets");
});

Deno.test("Trailers above the limit end their stream", async () => {
  await using rig = await startServer();
  const many = Array.from({ length: 129 }, () => ["a", ""] as const);
  await rig.peer.send(post(1), headers(1, many, { endStream: true }));
  await rig.peer.expectReset(1, CODE.PROTOCOL_ERROR);
  await rig.peer.roundTrip();
});

Deno.test("A header block that is no HPACK ends the connection", async () => {
  for (const block of [Uint8Array.of(0x80), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff)]) {
    await using rig = await startServer();
    await rig.peer.send(headers(1, block));
    await rig.expectFailure(CODE.COMPRESSION_ERROR);
  }
});

Deno.test("Header lists of streams that are open (1.12) are refused above their sum", async () => {
  const limits = { maxHeaderListOctets: 4096, maxOpenHeaderOctets: 10_000 };
  await using rig = await startServer({ limits });
  const large: Fields = [...GET, ["x-large", "x".repeat(3000)]];
  await rig.peer.send(...[1, 3, 5, 7].map((id) => headers(id, large, { endStream: true })));
  await rig.peer.expectReset(7, CODE.REFUSED_STREAM);
  assert.deepEqual([...rig.requests.keys()], [1, 3, 5]);
  // One that ends makes room for another.
  rig.stream(3).sendHeaders(OK_FIELDS, { endStream: true });
  await rig.peer.send(headers(9, large), headers(11, large));
  await rig.peer.expectReset(11, CODE.REFUSED_STREAM);
  assert.ok(rig.requests.has(9));
});

Deno.test("A larger header list, where it is allowed, may have a larger block", async () => {
  await using rig = await startServer({ limits: { maxHeaderListOctets: 100_000 } });
  const block = headersLiteral([...GET, ["x-large", "x".repeat(90_000)]]);
  const pieces = [0, 1, 2, 3, 4, 5].map((at) => block.subarray(at * 16_384, (at + 1) * 16_384));
  const [first = EMPTY, ...rest] = pieces;
  await rig.peer.send(
    headers(1, first, { endStream: true, endHeaders: false }),
    ...rest.map((piece, at) => continuation(1, piece, at === rest.length - 1)),
  );
  await rig.peer.roundTrip();
  assert.ok(rig.requests.has(1));
});

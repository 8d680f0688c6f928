// What the server answers to requests that are not quite gRPC, made frame by frame.
import { strict as assert } from "node:assert";
import { connectScripted, type ScriptedPeer } from "../support/scripted_peer.ts";
import {
  CODE,
  data,
  envelope,
  type Fields,
  grpcRequest,
  headers,
  openEnvelopes,
  SETTING,
} from "../support/wire.ts";
import { startTestServer, type TestServer } from "./support/start_test_server.ts";
import { testTimed } from "./support/test_timed.ts";

const HELLO = envelope(new TextEncoder().encode("hello"));
const PATH = "/test.Service/Unary";

async function withPeer(
  run: (peer: ScriptedPeer, t: TestServer) => Promise<void>,
  settings: readonly (readonly [number, number])[] = [],
): Promise<void> {
  await using t = startTestServer(async function* (requests, call) {
    call.responseTrailers.set("x-trailer", "t".repeat(500));
    for await (const request of requests) yield `echo ${request}`;
  });
  await using peer = await connectScripted(t.port, { settings });
  await run(peer, t);
  // Whatever it was, the connection lives on and takes the next call.
  await peer.send(headers(101, grpcRequest(PATH)), data(101, HELLO, { endStream: true }));
  assert.equal((await peer.expectHeaders(101)).get(":status"), "200");
  const [answer] = openEnvelopes(await peer.expectData(101, 15));
  assert.equal(new TextDecoder().decode(answer), "echo hello");
  assert.equal((await peer.expectHeaders(101)).get("grpc-status"), "0");
}

/** Replaces one field of a good request; undefined leaves it out. */
function requestWith(name: string, value: string | undefined): Fields {
  const others = grpcRequest(PATH).filter(([other]) => other !== name);
  if (value === undefined) return others;
  return name.startsWith(":") ? [[name, value], ...others] : [...others, [name, value]];
}

const HTTP_REFUSALS = [
  { name: "content-type application/json", field: ["content-type", "application/json"], is: "415" },
  { name: "no content-type", field: ["content-type", undefined], is: "415" },
  { name: "application/grpcweb", field: ["content-type", "application/grpcweb"], is: "415" },
  { name: "GET", field: [":method", "GET"], is: "405" },
  { name: "PUT", field: [":method", "PUT"], is: "405" },
] as const;

for (const { name, field, is } of HTTP_REFUSALS) {
  testTimed(
    `The server answers ${is} to a request with ${name}`,
    () =>
      withPeer(async (peer, t) => {
        await peer.send(
          headers(1, requestWith(field[0], field[1])),
          data(1, HELLO, { endStream: true }),
        );
        const head = await peer.expectHeaders(1);
        assert.deepEqual([head.get(":status"), head.endStream], [is, true]);
        const reasons = t.records.map((record) => record.message);
        assert.deepEqual(reasons, [`HTTP status ${is}: the request is not gRPC`]);
      }),
  );
}

const ACCEPTED_TYPES = ["application/grpc", "application/grpc+proto", "Application/GRPC;a=b"];

for (const contentType of ACCEPTED_TYPES) {
  testTimed(`The server takes content-type ${contentType}`, () =>
    withPeer(async (peer) => {
      await peer.send(headers(1, requestWith("content-type", contentType)));
      await peer.send(data(1, HELLO, { endStream: true }));
      const head = await peer.expectHeaders(1);
      assert.equal(head.get("content-type"), "application/grpc");
    }));
}

const GRPC_REFUSALS = [
  {
    name: "an unknown method",
    field: [":path", "/test.Service/Nope"],
    code: "12",
    says: /no method/,
  },
  {
    name: "an unknown service",
    field: [":path", "/nope.Nope/Unary"],
    code: "12",
    says: /no method/,
  },
  {
    name: "a path without slash",
    field: [":path", "test.Service/Unary"],
    code: "12",
    says: /no method/,
  },
  { name: "a path with a query", field: [":path", `${PATH}?a=b`], code: "12", says: /no method/ },
  { name: "no digits in grpc-timeout", field: ["grpc-timeout", "m"], code: "13", says: /"m"/ },
  {
    name: "9 digits in grpc-timeout",
    field: ["grpc-timeout", "123456789m"],
    code: "13",
    says: /timeout/,
  },
  {
    name: "an unknown unit in grpc-timeout",
    field: ["grpc-timeout", "1x"],
    code: "13",
    says: /"1x"/,
  },
  { name: "grpc-timeout 0", field: ["grpc-timeout", "0n"], code: "4", says: /Deadline/ },
  {
    name: "an unknown grpc-encoding",
    field: ["grpc-encoding", "snappy"],
    code: "12",
    says: /"snappy"/,
  },
  { name: "a -bin value that is not base64", field: ["x-bin", "a*b"], code: "13", says: /x-bin/ },
] as const;

for (const { name, field, code, says } of GRPC_REFUSALS) {
  testTimed(`The server answers status ${code} to ${name}`, () =>
    withPeer(async (peer) => {
      await peer.send(headers(1, requestWith(field[0], field[1])));
      const head = await peer.expectHeaders(1);
      assert.equal(head.get(":status"), "200");
      assert.equal(head.get("grpc-status"), code);
      assert.match(head.get("grpc-message") ?? "", says);
      assert.equal(head.get("grpc-accept-encoding"), "identity,gzip");
      assert.equal(head.endStream, true);
      await peer.expectReset(1, CODE.NO_ERROR);
    }));
}

const BAD_BODIES = [
  { name: "flag 2", body: [2, 0, 0, 0, 0], code: "13", says: /flag 2/ },
  {
    name: "a compressed message without grpc-encoding",
    body: [1, 0, 0, 0, 0],
    code: "13",
    says: /names no grpc-encoding/,
  },
  { name: "an announced 4 GiB", body: [0, 255, 255, 255, 255], code: "8", says: /4294967295/ },
  { name: "half an envelope", body: [0, 0, 0], code: "13", says: /ended within a message/ },
  { name: "half a message", body: [0, 0, 0, 0, 9, 65], code: "13", says: /ended within a message/ },
  {
    name: "a message that is not UTF-8",
    body: [0, 0, 0, 0, 1, 255],
    code: "13",
    says: /Cannot decode/,
  },
  { name: "no message", body: [], code: "12", says: /none came/ },
  { name: "two messages", body: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], code: "12", says: /more came/ },
] as const;

for (const { name, body, code, says } of BAD_BODIES) {
  testTimed(
    `The server answers status ${code} to a body with ${name}`,
    () =>
      withPeer(async (peer) => {
        await peer.send(headers(1, grpcRequest(PATH)));
        await peer.send(data(1, Uint8Array.from(body), { endStream: true }));
        const head = await peer.expectHeaders(1);
        assert.equal(head.get("grpc-status"), code);
        assert.match(decodeURIComponent(head.get("grpc-message") ?? ""), says);
      }),
  );
}

testTimed("The server ends a body by trailers as by END_STREAM", () =>
  withPeer(async (peer) => {
    await peer.send(headers(1, grpcRequest(PATH)), data(1, HELLO));
    await peer.send(headers(1, [["x-late", "1"]], { endStream: true }));
    assert.equal((await peer.expectHeaders(1)).get(":status"), "200");
  }));

testTimed(
  "The server leaves out trailers that are above the client's header list limit",
  () =>
    withPeer(async (peer) => {
      await peer.send(headers(1, grpcRequest(PATH)), data(1, HELLO, { endStream: true }));
      await peer.expectHeaders(1);
      const trailers = await peer.expectHeaders(1);
      assert.deepEqual(trailers.fields.map(({ name }) => name), ["grpc-status"]);
    }, [[SETTING.MAX_HEADER_LIST_SIZE, 300]]),
);

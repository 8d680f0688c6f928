import { strict as assert } from "node:assert";
import { Channel } from "../../rpc/channel.ts";
import type { Socket } from "../../rpc/http2/mod.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { RpcServer } from "../../rpc/server.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import { createSocketPair } from "../support/memory_socket.ts";
import { connectScripted } from "../support/scripted_peer.ts";
import {
  CODE,
  data,
  envelope,
  FRAME,
  grpcRequest,
  headers,
  openEnvelopes,
  pingAck,
  rstStream,
} from "../support/wire.ts";
import { startTestServer } from "./support/start_test_server.ts";
import { follow, METHODS, type Script, SERVICE } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";

const HELLO = envelope(new TextEncoder().encode("hello"));
const GRACEFUL_LAST_STREAM = 2 ** 31 - 1;

/** Answers when it is told to; says when it has begun. */
function createHeld() {
  const begun = Promise.withResolvers<AbortSignal>();
  const release = Promise.withResolvers<void>();
  const script: Script = async function* (_requests, call) {
    begun.resolve(call.signal);
    await release.promise;
    yield "held";
  };
  return { script, begun: begun.promise, release: () => release.resolve() };
}

async function* only(answer: string): AsyncGenerator<string> {
  yield answer;
}

testTimed("A server listens on a Unix socket and removes it at the end", async () => {
  const folder = await Deno.makeTempDir({ prefix: "broker-server-" });
  const path = `${folder}/broker.sock`;
  {
    await using t = startTestServer(async function* (_requests, call) {
      yield `${call.peer} ${call.authority}`;
    }, { address: { kind: "unix", path } });
    assert.equal(t.target, `unix:${path}`);
    const { answers } = await follow(t.channel, "Unary");
    assert.deepEqual(answers, [`unix:${path} localhost`]);
  }
  await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
  await Deno.remove(folder, { recursive: true });
});

testTimed(
  "A server closes connections above its limit at once and takes others later",
  async () => {
    await using t = startTestServer(async function* () {
      yield "ok";
    }, { server: { maxConnections: 2 } });
    const first = await connectScripted(t.port);
    await using second = await connectScripted(t.port);
    await first.roundTrip();
    await second.roundTrip();
    await using third = await connectScripted(t.port);
    await third.expectClosed();
    await second.roundTrip();
    await first.close();
    for (;;) {
      // The server sees the end of the first one in its own time.
      await using another = await connectScripted(t.port);
      try {
        await another.roundTrip();
        return;
      } catch {
        await second.roundTrip();
      }
    }
  },
);

testTimed("A shutdown lets a call finish and refuses new ones as never processed", async () => {
  const held = createHeld();
  await using t = startTestServer(held.script);
  await using peer = await connectScripted(t.port, { acknowledges: false });
  await peer.send(headers(1, grpcRequest("/test.Service/Unary")));
  await peer.send(data(1, HELLO, { endStream: true }));
  const signal = await held.begun;
  const down = t.server.shutdown({ graceMs: 5000 });
  assert.equal((await peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, GRACEFUL_LAST_STREAM);
  const { payload } = await peer.expectFrame(FRAME.PING);
  await peer.send(pingAck(payload));
  assert.equal((await peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 1);
  await peer.send(headers(3, grpcRequest("/test.Service/Unary"), { endStream: true }));
  await assert.rejects(Deno.connect({ port: t.port }), Deno.errors.ConnectionRefused);
  held.release();
  assert.equal((await peer.expectHeaders(1)).get(":status"), "200");
  const [answer] = openEnvelopes(await peer.expectData(1, 9));
  assert.equal(new TextDecoder().decode(answer), "held");
  assert.equal((await peer.expectHeaders(1)).get("grpc-status"), "0");
  await peer.expectClosed();
  peer.expectNone(FRAME.HEADERS);
  await down;
  assert.equal(signal.aborted, false);
});

testTimed("A channel finishes its call through a shutdown, and then finds no server", async () => {
  const held = createHeld();
  await using t = startTestServer((requests, call) =>
    call.path === METHODS.Unary.path ? only("quick") : held.script(requests, call)
  );
  const following = follow(t.channel, "ServerStream");
  await held.begun;
  const down = t.server.shutdown({ graceMs: 5000 });
  // Once the client has heard of it, new calls go to a new connection, and nobody listens there.
  let code: number = Status.OK;
  while (code === Status.OK) code = (await follow(t.channel, "Unary")).status.code;
  assert.equal(code, Status.UNAVAILABLE);
  held.release();
  assert.deepEqual((await following).answers, ["held"]);
  await down;
});

testTimed("A connection that is accepted while the server stops is closed", async () => {
  const server = new RpcServer();
  const accepted = Promise.withResolvers<Socket>();
  server.listenOn({
    address: { kind: "unix", path: "/nowhere" },
    accept: () => accepted.promise,
    close() {},
  });
  const [ours, theirs] = createSocketPair();
  const down = server.shutdown({ graceMs: 1000 });
  accepted.resolve(ours);
  await down;
  assert.equal(await theirs.read(new Uint8Array(1)).catch(() => null), null);
  assert.equal(server.stats.connections, 0);
});

testTimed("A shutdown whose grace is over cuts calls off and tells their handlers", async () => {
  const held = createHeld();
  await using t = startTestServer(held.script);
  const following = follow(t.channel, "Bidi");
  const signal = await held.begun;
  await t.server.shutdown({ graceMs: 20 });
  assert.equal((await following).status.code, Status.UNAVAILABLE);
  assert.equal(signal.aborted, true);
  held.release();
  await t.ended(1);
});

testTimed("A shutdown with endless grace waits for the call", async () => {
  const held = createHeld();
  await using t = startTestServer(held.script);
  const following = follow(t.channel, "Unary");
  await held.begun;
  const down = t.server.shutdown({ graceMs: Infinity });
  held.release();
  assert.deepEqual((await following).answers, ["held"]);
  await down;
});

testTimed("close() ends all calls and connections at once", async () => {
  const held = createHeld();
  await using t = startTestServer(held.script);
  const following = follow(t.channel, "ClientStream");
  await held.begun;
  t.server.close();
  assert.equal((await following).status.code, Status.UNAVAILABLE);
  held.release();
});

testTimed("A cancelled handler counts against maxStreams until it returns", async () => {
  const release = Promise.withResolvers<void>();
  let begun = 0;
  await using t = startTestServer(async function* () {
    begun++;
    await release.promise;
    yield "ok";
  }, { server: { maxStreams: 2 } });
  await using peer = await connectScripted(t.port);
  for (const streamId of [1, 3]) {
    await peer.send(headers(streamId, grpcRequest("/test.Service/Bidi")), rstStream(streamId));
  }
  await peer.send(headers(5, grpcRequest("/test.Service/Bidi")));
  await peer.expectReset(5, CODE.REFUSED_STREAM);
  assert.equal(begun, 2);
  assert.deepEqual(t.server.stats, { connections: 1, streams: 0, running: 2 });
  release.resolve();
  await peer.roundTrip();
  await peer.send(headers(7, grpcRequest("/test.Service/Bidi"), { endStream: true }));
  assert.equal((await peer.expectHeaders(7)).get(":status"), "200");
});

testTimed("addService() names a handler that has no method", () => {
  const server = new RpcServer();
  assert.throws(() => server.addService(SERVICE, { Unary: () => "", Bidy: () => "" }), {
    message: 'Cannot add the handler "Bidy": the service has only Unary, ServerStream, ' +
      "ClientStream, Bidi",
  });
  return Promise.resolve();
});

testTimed("Handlers may be methods of an object, in lowerCamel, and plain iterables", async () => {
  class Model {
    readonly #greeting = "hi";
    readonly name = "not a handler";
    unary(request: string): string {
      return `${this.#greeting} ${request}`;
    }
    *serverStream(request: string): Generator<string> {
      yield request;
      yield this.#greeting;
    }
  }
  const server = new RpcServer();
  const model = new Model();
  server.addService(SERVICE, model as unknown as Record<string, () => string>);
  const { port } = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 }) as {
    port: number;
  };
  using channel = new Channel(`127.0.0.1:${port}`);
  assert.equal(await channel.unary(METHODS.Unary, "you"), "hi you");
  assert.deepEqual((await follow(channel, "ServerStream", ["you"])).answers, ["you", "hi"]);
  await server.shutdown({ graceMs: 100 });
});

testTimed("A streaming handler that returns no iterable is a fault of its own", async () => {
  await using t = startTestServer({ Bidi: () => 42 as unknown as AsyncIterable<string> });
  const { status } = await follow(t.channel, "Bidi");
  assert.deepEqual([status.code, status.message], [Status.UNKNOWN, "The handler failed"]);
  assert.match(String(t.failures[0].error), /returned no iterable/);
});

testTimed("What a handler throws after its call has ended is not reported", async () => {
  const release = Promise.withResolvers<void>();
  const returned = Promise.withResolvers<void>();
  await using t = startTestServer(async function* () {
    try {
      await release.promise;
      yield* [];
      throw new RpcError(Status.ABORTED, "late");
    } finally {
      returned.resolve();
    }
  });
  const { status } = await follow(t.channel, "Unary", ["hello"], { timeoutMs: 30 });
  assert.equal(status.code, Status.DEADLINE_EXCEEDED);
  await t.ended(1);
  release.resolve();
  await returned.promise;
  assert.deepEqual(t.failures, []);
  assert.equal(t.records.length, 1);
});

testTimed("An observer that throws ends neither the call nor the connection", async () => {
  const logged: unknown[] = [];
  const { error } = console;
  console.error = (...parts: unknown[]) => void logged.push(parts.join(" "));
  try {
    const fail = () => {
      throw new Error("observed");
    };
    await using t = startTestServer((_requests, call) => {
      if (call.metadata.text("x-fail") === undefined) return only("ok");
      throw new Error("a fault");
    }, { server: { onCall: fail, onHandlerError: fail } });
    const metadata = Metadata.of({ "x-fail": "1" });
    const failed = await follow(t.channel, "Bidi", ["hello"], { metadata });
    assert.equal(failed.status.code, Status.UNKNOWN);
    assert.deepEqual((await follow(t.channel, "Bidi")).answers, ["ok"]);
    assert.equal(t.server.stats.connections, 1);
  } finally {
    console.error = error;
  }
  assert.equal(logged.length, 3);
});

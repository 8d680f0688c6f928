import { strict as assert } from "node:assert";
import { Channel } from "../../rpc/channel.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { RpcServer } from "../../rpc/server.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import { CODE, concat, FRAME, goaway, openEnvelopes, SETTING, settings } from "../support/wire.ts";
import { startTestServer } from "./support/start_test_server.ts";
import { follow, handlersFor, METHODS, SERVICE, UNREADABLE } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";
import { FAST, sendAnswer, withScriptedServer } from "./support/with_scripted_server.ts";

function freePort(hostname = "127.0.0.1"): number {
  using listener = Deno.listen({ hostname, port: 0 });
  return listener.addr.port;
}

testTimed("No server at the port is UNAVAILABLE, in a sentence", async () => {
  const port = freePort();
  using channel = new Channel(`127.0.0.1:${port}`);
  for (let attempt = 0; attempt < 2; attempt++) {
    // The second one does not even try before the back-off is over.
    const { status } = await follow(channel, "Unary");
    assert.equal(status.code, Status.UNAVAILABLE);
    assert.match(status.message, new RegExp(`^Cannot connect to 127.0.0.1:${port}: .*refused`));
  }
  await assert.rejects(channel.connect(), RpcError);
});

testTimed(
  "A name that does not resolve and a socket file that is not there are UNAVAILABLE",
  async () => {
    for (const target of ["no-such-host.invalid:1234", "unix:/no/such/socket"]) {
      using channel = new Channel(target);
      const { status } = await follow(channel, "Bidi");
      assert.equal(status.code, Status.UNAVAILABLE);
      assert.ok(status.message.startsWith(`Cannot connect to ${target}: `), status.message);
    }
  },
);

testTimed(
  "A server that accepts and stays silent is given up after the connect timeout",
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    using channel = new Channel(`127.0.0.1:${port}`, { connectTimeoutMs: 50 });
    const following = follow(channel, "Unary");
    using connection = await listener.accept();
    const { status } = await following;
    assert.equal(
      status.message,
      `Cannot connect to 127.0.0.1:${port}: no answer within 50 ms`,
    );
    // The channel has hung up.
    const buffer = new Uint8Array(1024);
    while (await connection.read(buffer) !== null) { /* preface and GOAWAY */ }
  },
);

const HTTP1_REPLIES = {
  "HTTP/1.1": "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.0": "HTTP/1.0 501 Unsupported method ('PRI')\r\n\r\n",
  // Python 3 http.server leaves the head away: it takes the preface for HTTP/0.9.
  "HTTP/1 without a head": '<!DOCTYPE HTML>\n<html lang="en">\n',
};

for (const [name, reply] of Object.entries(HTTP1_REPLIES)) {
  testTimed(`A server that speaks ${name} is UNAVAILABLE, in a sentence`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using channel = new Channel(`127.0.0.1:${listener.addr.port}`);
    const following = follow(channel, "Unary");
    using connection = await listener.accept();
    await connection.write(new TextEncoder().encode(reply));
    const { status } = await following;
    assert.equal(status.code, Status.UNAVAILABLE);
    assert.match(
      status.message,
      /^Cannot connect to 127\.0\.0\.1:\d+: .*the server speaks HTTP\/1, not HTTP\/2, which gRPC needs$/,
    );
  });
}

testTimed(
  "A server that speaks before it is spoken to is UNAVAILABLE, with what it says",
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using channel = new Channel(`127.0.0.1:${listener.addr.port}`);
    const following = follow(channel, "Unary");
    using connection = await listener.accept();
    await connection.write(new TextEncoder().encode(`SSH-2.0-"x"\u001b[31m ${"y".repeat(99)}\r\n`));
    const { status } = await following;
    assert.equal(status.code, Status.UNAVAILABLE);
    assert.match(
      status.message,
      /: the server says "SSH-2\.0-\\"x\\"\?\[31m y{43}", which is not HTTP\/2, as gRPC needs$/,
    );
  },
);

testTimed("A server that hangs up before its SETTINGS is UNAVAILABLE", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using channel = new Channel(`127.0.0.1:${listener.addr.port}`);
  const following = follow(channel, "Unary");
  (await listener.accept()).close();
  assert.equal((await following).status.code, Status.UNAVAILABLE);
});

for (const hostname of ["127.0.0.1", "::1"]) {
  testTimed(`localhost finds a server that listens on ${hostname} alone`, async () => {
    await using t = startTestServer(async function* () {
      yield "found";
    }, { address: { kind: "tcp", hostname, port: 0 } });
    using channel = new Channel(`localhost:${t.port}`);
    assert.equal(await channel.unary(METHODS.Unary, "hello"), "found");
    assert.equal(channel.authority, `localhost:${t.port}`);
  }, { ignore: !canListen(hostname) });
}

/** False for ::1 on a machine without IPv6. */
function canListen(hostname: string): boolean {
  try {
    return freePort(hostname) > 0;
  } catch {
    return false;
  }
}

testTimed(
  "A server that greets and leaves at once is not asked again without a pause",
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    let accepted = 0;
    const accepting = (async () => {
      for await (const connection of listener) {
        accepted++;
        await connection.write(concat([settings(), goaway(0, CODE.ENHANCE_YOUR_CALM)]));
        connection.close();
      }
    })();
    using channel = new Channel(`127.0.0.1:${listener.addr.port}`);
    const { status } = await follow(channel, "Unary");
    assert.equal(status.code, Status.UNAVAILABLE);
    assert.equal(accepted, 1);
    listener.close();
    await accepting;
  },
);

testTimed("A call that waits for ready outlasts a server's restart", async () => {
  const script = async function* () {
    yield "ok";
  };
  const port = freePort();
  const address = { kind: "tcp", hostname: "127.0.0.1", port } as const;
  using channel = new Channel(`127.0.0.1:${port}`, { backoff: FAST });
  const early = follow(channel, "Unary", ["hello"], { waitForReady: true });
  for (let round = 0; round < 2; round++) {
    assert.equal((await follow(channel, "Unary")).status.code, Status.UNAVAILABLE);
    const server = new RpcServer();
    server.addService(SERVICE, handlersFor(script));
    server.listen(address);
    const waiting = follow(channel, "Unary", ["hello"], { waitForReady: true });
    assert.deepEqual((await waiting).answers, ["ok"]);
    assert.deepEqual((await early).answers, ["ok"]);
    // The next call comes once the channel knows.
    await server.shutdown({ graceMs: 1000 });
    while (channel.readyConnection() !== undefined) await follow(channel, "Unary");
  }
});

testTimed(
  "A call that waits for ready ends at its deadline, by its signal and with the channel",
  async () => {
    const port = freePort();
    using channel = new Channel(`127.0.0.1:${port}`, { backoff: { ...FAST, initialMs: 60_000 } });
    await follow(channel, "Unary");
    const options = { waitForReady: true };
    const late = await follow(channel, "Unary", ["hello"], { ...options, timeoutMs: 20 });
    assert.equal(late.status.code, Status.DEADLINE_EXCEEDED);
    const abort = new AbortController();
    const aborted = follow(channel, "Unary", ["hello"], { ...options, signal: abort.signal });
    const closed = follow(channel, "Unary", ["hello"], options);
    abort.abort();
    assert.equal((await aborted).status.code, Status.CANCELLED);
    channel.close();
    assert.deepEqual((await closed).status.message, "The channel is closed");
    assert.equal((await follow(channel, "Unary")).status.code, Status.CANCELLED);
  },
);

testTimed("close() ends an attempt to connect, and the calls that wait for it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const channel = new Channel(`127.0.0.1:${listener.addr.port}`);
  const following = follow(channel, "Bidi");
  using _connection = await listener.accept();
  channel.close();
  const { status } = await following;
  assert.deepEqual([status.code, status.message], [Status.CANCELLED, "The channel is closed"]);
});

testTimed(
  "Calls above the server's stream limit wait in their order",
  () =>
    withScriptedServer(async (channel, accept) => {
      const connected = channel.connect();
      const peer = await accept();
      await peer.send(settings([[SETTING.MAX_CONCURRENT_STREAMS, 2]]));
      await connected;
      await peer.roundTrip();
      const calls = Array.from({ length: 5 }, (_, id) => follow(channel, "Unary", [String(id)]));
      const cancelled = new AbortController();
      const dropped = follow(channel, "Unary", ["dropped"], { signal: cancelled.signal });
      const last = follow(channel, "Unary", ["last"]);
      cancelled.abort();
      assert.equal((await dropped).status.code, Status.CANCELLED);
      const seen: string[] = [];
      for (let streamId = 1; streamId <= 11; streamId += 2) {
        await peer.expectHeaders(streamId);
        const [request] = openEnvelopes(await peer.expectData(streamId, 6));
        seen.push(new TextDecoder().decode(request));
        if (streamId === 1) continue;
        // Never more than two at a time.
        await peer.roundTrip();
        peer.expectNone(FRAME.HEADERS);
        await sendAnswer(peer, streamId - 2);
      }
      await sendAnswer(peer, 11);
      assert.deepEqual(seen, ["0", "1", "2", "3", "4", "last"]);
      for (const outcome of await Promise.all([...calls, last])) {
        assert.equal(outcome.status.code, Status.OK);
      }
    }),
);

testTimed("10,000 calls at once go through a limit of 100 streams", async () => {
  await using t = startTestServer(async function* (requests) {
    for await (const request of requests) yield request;
  });
  const calls = Array.from(
    { length: 10_000 },
    (_, id) => t.channel.unary(METHODS.Unary, String(id)),
  );
  (await Promise.all(calls)).forEach((answer, id) => assert.equal(answer, String(id)));
}, { timeoutMs: 60_000 });

testTimed(
  "A head above the server's header list limit is refused here",
  () =>
    withScriptedServer(async (channel, accept) => {
      const connected = channel.connect();
      const peer = await accept();
      await connected;
      await peer.send(settings([[SETTING.MAX_HEADER_LIST_SIZE, 1000]]));
      await peer.roundTrip();
      const metadata = Metadata.of({ "x-large": "x".repeat(1000) });
      const { status } = await follow(channel, "Unary", ["hello"], { metadata });
      assert.equal(status.code, Status.RESOURCE_EXHAUSTED);
      assert.match(status.message, /^Cannot send metadata: .* the server takes 1000$/);
    }),
);

testTimed("A message that cannot be encoded rejects, and does not throw", async () => {
  await using t = startTestServer(async function* () {
    yield "ok";
  });
  const wanted = { name: "RpcError", code: Status.INTERNAL };
  await assert.rejects(t.channel.unary(METHODS.Unary, UNREADABLE), wanted);
  const answers = t.channel.serverStreaming(METHODS.ServerStream, UNREADABLE);
  await assert.rejects(Array.fromAsync(answers), wanted);
  const sum = t.channel.clientStreaming(METHODS.ClientStream, ["a", UNREADABLE]);
  await assert.rejects(sum, wanted);
  const both = t.channel.bidirectional(METHODS.Bidi, ["a", UNREADABLE]);
  await assert.rejects(Array.fromAsync(both), wanted);
});

testTimed("The error of a source of requests reaches the caller", async () => {
  await using t = startTestServer(async function* (requests) {
    for await (const request of requests) yield request;
  });
  const broken = async function* () {
    yield "one";
    throw new Error("line 7 is bad");
  };
  await assert.rejects(t.channel.clientStreaming(METHODS.ClientStream, broken()), /line 7 is bad/);
  await assert.rejects(
    Array.fromAsync(t.channel.bidirectional(METHODS.Bidi, broken())),
    /line 7 is bad/,
  );
});

// Servers that leave, and channels that go on elsewhere: no call fails for it that had not started.
import { strict as assert } from "node:assert";
import { Channel } from "../../rpc/channel.ts";
import { RpcServer } from "../../rpc/server.ts";
import { Status } from "../../rpc/status.ts";
import { connect } from "../../rpc/transport.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { listenScripted } from "../support/scripted_peer.ts";
import { CODE, FRAME, goaway, SETTING, settings } from "../support/wire.ts";
import { follow, handlersFor, METHODS, type Script, SERVICE } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";
import { FAST, sendAnswer, withScriptedServer } from "./support/with_scripted_server.ts";

const GRACEFUL_LAST_STREAM = 0x7fff_ffff;

testTimed(
  "New calls go to a new connection once the server has announced its end, open ones stay",
  () =>
    withScriptedServer(async (channel, accept) => {
      const open = follow(channel, "ServerStream");
      const leaving = await accept();
      await leaving.expectHeaders(1);
      await leaving.send(goaway(GRACEFUL_LAST_STREAM));
      await leaving.roundTrip();
      const fresh = follow(channel, "Unary");
      const next = await accept();
      await next.expectHeaders(1);
      await sendAnswer(next, 1);
      assert.deepEqual((await fresh).answers, ["answer"]);
      await leaving.send(goaway(1));
      await leaving.roundTrip();
      leaving.expectNone(FRAME.HEADERS);
      await sendAnswer(leaving, 1);
      assert.deepEqual((await open).answers, ["answer"]);
      await leaving.expectClosed();
    }),
);

testTimed(
  "Calls that wait for room on a connection that ends are made on the next one",
  () =>
    withScriptedServer(async (channel, accept) => {
      const connected = channel.connect();
      const leaving = await accept();
      await leaving.send(settings([[SETTING.MAX_CONCURRENT_STREAMS, 1]]));
      await connected;
      await leaving.roundTrip();
      const open = follow(channel, "ServerStream");
      await leaving.expectHeaders(1);
      const waiting = ["Unary", "Bidi"] as const;
      const outcomes = waiting.map((kind) => follow(channel, kind));
      await leaving.send(goaway(GRACEFUL_LAST_STREAM));
      const next = await accept();
      for (const streamId of [1, 3]) {
        await next.expectHeaders(streamId);
        await sendAnswer(next, streamId);
      }
      for (const { status } of await Promise.all(outcomes)) assert.equal(status.code, Status.OK);
      await sendAnswer(leaving, 1);
      assert.equal((await open).status.code, Status.OK);
    }),
);

testTimed("A server is replaced by another without a call that fails", async () => {
  const gate = Promise.withResolvers<void>();
  const named = (name: string): Script =>
    async function* (_requests, call) {
      yield name;
      if (call.path === METHODS.ServerStream.path) await gate.promise;
      yield name;
    };
  const start = (name: string) => {
    const server = new RpcServer();
    server.addService(SERVICE, handlersFor(named(name)));
    return { server, address: server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 }) };
  };
  const { server: first, address } = start("first");
  // Whoever asks for the name is sent to the server of the moment.
  let current = address;
  using channel = new Channel("model.example:80", { connect: () => connect(current) });
  const open = channel.serverStreaming(METHODS.ServerStream, "go")[Symbol.asyncIterator]();
  assert.equal((await open.next()).value, "first");
  const down = first.shutdown({ graceMs: 10_000 });
  const { server: second, address: other } = start("second");
  current = other;
  let answer = "";
  while (answer !== "second") {
    const { answers, status } = await follow(channel, "Unary");
    assert.equal(status.code, Status.OK, status.message);
    answer = answers[0] ?? "";
  }
  gate.resolve();
  assert.equal((await open.next()).value, "first", "the open call finished where it was");
  assert.equal((await open.next()).done, true);
  await down;
  await second.shutdown({ graceMs: 1000 });
});

testTimed(
  "A client that is told of too many PINGs sends half as many on the next connection",
  async () => {
    const clock = new FakeClock();
    await using listener = listenScripted();
    using channel = new Channel(`127.0.0.1:${listener.port}`, {
      clock,
      backoff: FAST,
      keepAlive: { timeMs: 10_000, timeoutMs: 20_000, withoutStreams: false },
    });
    const first = follow(channel, "Bidi");
    await using angry = await listener.accept();
    await angry.expectHeaders(1);
    clock.advance(10_000);
    await angry.expectFrame(FRAME.PING);
    await angry.send(goaway(1, CODE.ENHANCE_YOUR_CALM, "too_many_pings"));
    await angry.close();
    const { status } = await first;
    assert.equal(status.code, Status.UNAVAILABLE);
    const second = follow(channel, "Bidi", ["hello"], { waitForReady: true });
    await using calm = await listener.accept();
    await calm.expectHeaders(1);
    clock.advance(19_000);
    await calm.roundTrip();
    calm.expectNone(FRAME.PING, ({ flags }) => flags === 0);
    clock.advance(20_000);
    await calm.expectFrame(FRAME.PING);
    await sendAnswer(calm, 1);
    assert.equal((await second).status.code, Status.OK);
  },
);

// A slow side stops the fast one, and memory stays bounded, whoever is slow.
import { strict as assert } from "node:assert";
import type { Channel } from "../../rpc/channel.ts";
import { Status } from "../../rpc/status.ts";
import { startTestServer } from "./support/start_test_server.ts";
import { follow, METHODS } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";

const MESSAGE = "x".repeat(1024);
const MESSAGES = 5_000;
/** A window and a send buffer of 64 KiB each, what is kept for a retry, and the frames under way. */
const MOST_AHEAD = 400;

/** A gate that a handler or a reader waits at. */
function createGate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

/** Settles when a count has stopped growing over some round trips on the same connection. */
async function untilStill(channel: Channel, count: () => number): Promise<number> {
  let last = -1;
  for (let still = 0; still < 5;) {
    await channel.unary(METHODS.Unary, "round trip");
    still = count() === last ? still + 1 : 0;
    last = count();
  }
  return last;
}

for (const kind of ["ClientStream", "Bidi"] as const) {
  testTimed(`A handler that does not read stops a fast client: ${kind}`, async () => {
    const gate = createGate();
    await using t = startTestServer(async function* (requests, call) {
      if (call.path !== METHODS.Unary.path) await gate.opened;
      let count = 0;
      for await (const _ of requests) count++;
      yield String(count);
    });
    let taken = 0;
    const following = follow(
      t.channel,
      kind,
      (function* () {
        for (; taken < MESSAGES; taken++) yield MESSAGE;
      })(),
    );
    const ahead = await untilStill(t.channel, () => taken);
    assert.ok(ahead > 10 && ahead < MOST_AHEAD, `the client was ${ahead} messages ahead`);
    gate.open();
    const { answers, status } = await following;
    assert.equal(status.code, Status.OK);
    assert.deepEqual(answers, [String(MESSAGES)]);
  });
}

for (const kind of ["ServerStream", "Bidi"] as const) {
  testTimed(`A client that does not read stops a fast handler: ${kind}`, async () => {
    let yielded = 0;
    await using t = startTestServer(async function* (_requests, call) {
      if (call.path === METHODS.Unary.path) yield "pong";
      else for (; yielded < MESSAGES; yielded++) yield MESSAGE;
    });
    const call = t.channel.call(METHODS[kind]);
    call.send("go");
    call.end();
    assert.equal((await call.responses.next()).value, MESSAGE);
    const ahead = await untilStill(t.channel, () => yielded);
    assert.ok(ahead > 10 && ahead < MOST_AHEAD, `the handler was ${ahead} messages ahead`);
    let count = 1;
    for await (const answer of call.responses) if (answer === MESSAGE) count++;
    assert.equal(count, MESSAGES);
    assert.equal((await call.status).code, Status.OK);
  });
}

testTimed("A handler that has stopped reading lets the client send on", async () => {
  const gate = createGate();
  await using t = startTestServer(async function* (requests) {
    for await (const _ of requests) break;
    await gate.opened;
    yield "done";
  });
  const call = t.channel.call(METHODS.Bidi);
  for (let sent = 0; sent < MESSAGES; sent++) {
    if (!call.send(MESSAGE)) await call.ready();
  }
  call.end();
  gate.open();
  assert.equal((await call.responses.next()).value, "done");
  assert.equal((await call.status).code, Status.OK);
});

testTimed("A cancelled call sets free a handler that waits for a slow client", async () => {
  const cleaned = createGate();
  await using t = startTestServer(async function* () {
    try {
      for (;;) yield MESSAGE;
    } finally {
      cleaned.open();
    }
  });
  const call = t.channel.call(METHODS.ServerStream);
  call.send("go");
  call.end();
  await call.headers;
  call.cancel();
  await cleaned.opened;
});

testTimed("A call that ends sets free a client that waits for a slow handler", async () => {
  const gate = createGate();
  await using t = startTestServer(async function* (_requests, call) {
    if (call.path === METHODS.Unary.path) yield "pong";
    else await gate.opened;
  });
  const call = t.channel.call(METHODS.Bidi);
  let taken = 0;
  const sending = async () => {
    for (;; taken++) if (!call.send(MESSAGE)) await call.ready();
  };
  const rejected = assert.rejects(sending(), /The server ended the call/);
  await untilStill(t.channel, () => taken);
  gate.open();
  await rejected;
  assert.equal((await call.status).code, Status.OK);
});

import assert from "node:assert/strict";
import { type LoadClock, SYSTEM_LOAD_CLOCK } from "../../loading/load_clock.ts";
import { type LoadPlan, rawMethod } from "../../loading/load_plan.ts";
import { type LoadOutcome, runLoad } from "../../loading/run_load.ts";
import { Channel, type Handlers, Metadata, RpcServer } from "../../rpc/mod.ts";
import { withTimeout } from "../support/with_timeout.ts";

type Kind = { readonly requestStream: boolean; readonly responseStream: boolean };

const UNARY: Kind = { requestStream: false, responseStream: false };
const BIDIRECTIONAL: Kind = { requestStream: true, responseStream: true };

/** Time that passes only when somebody waits for it, or says that something took time. */
class LeapingClock implements LoadClock {
  nowMs = 0;

  now(): number {
    return this.nowMs;
  }

  at(dueMs: number, callback: () => void): () => void {
    const timer = setImmediate(() => {
      this.nowMs = Math.max(this.nowMs, dueMs);
      callback();
    });
    return () => clearImmediate(timer);
  }
}

/** Puts a handler under load, one call at a time unless `options` say otherwise. */
async function load(
  kind: Kind,
  handler: Handlers[string],
  options: Partial<LoadPlan>,
): Promise<LoadOutcome> {
  const method = rawMethod({ path: "/test.Load/Method", ...kind });
  using server = startServer(method, handler);
  using channel = new Channel(server.target);
  const plan: LoadPlan = {
    method,
    channels: [channel],
    streams: 1,
    payloads: [new Uint8Array(3)],
    metadata: new Metadata(),
    timeoutMs: undefined,
    count: Infinity,
    durationMs: Infinity,
    perSecond: undefined,
    messagesPerCall: Infinity,
    maxInFlight: 10,
    drainMs: 20,
    stop: new AbortController().signal,
    clock: new LeapingClock(),
    onStall: () => {},
    stallMs: 10_000,
    ...options,
  };
  return await withTimeout(runLoad(plan), 10_000, "the load to end");
}

function startServer(method: LoadPlan["method"], handler: Handlers[string]) {
  const server = new RpcServer();
  server.addService({ Method: method }, { Method: handler });
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  if (address.kind !== "tcp") throw new Error("not TCP");
  return { target: `127.0.0.1:${address.port}`, [Symbol.dispose]: () => server.close() };
}

async function* holdAll(requests: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const _ of requests) { /* no answer */ }
  await new Promise(() => {});
  yield new Uint8Array();
}

Deno.test("A server that stalls shows in the latency of all that was due meanwhile", async () => {
  const measure = async (perSecond: number | undefined) => {
    const clock = new LeapingClock();
    let calls = 0;
    const answer = (request: unknown) => {
      clock.nowMs += calls++ === 0 ? 300 : 1;
      return request as Uint8Array;
    };
    const outcome = await load(UNARY, answer, { clock, perSecond, count: 50 });
    assert.equal(outcome.calls.ok, 50);
    return outcome;
  };
  const closed = await measure(undefined);
  const open = await measure(100);
  assert.ok(Math.abs((open.latency?.max ?? 0) - 300) < 1, `max ${open.latency?.max}`);
  // Item k was due at 10 k ms and answered at 300 + k ms: 22 of 50 waited for more than 100 ms.
  assert.ok((open.latency?.p75 ?? 0) > 150, `open loop: p75 ${open.latency?.p75}`);
  assert.ok((closed.latency?.p95 ?? 0) < 2, `closed loop: p95 ${closed.latency?.p95}`);
  assert.equal(open.schedule?.late, 33);
  assert.equal(open.schedule?.missed, 0);
});

Deno.test("A server that answers nothing is told of, and cut off once the load is stopped", async () => {
  const stop = new AbortController();
  const outcome = await load(BIDIRECTIONAL, holdAll, {
    stop: stop.signal,
    stallMs: 25,
    onStall: () => stop.abort(),
  });
  assert.equal(outcome.isInterrupted, true);
  assert.deepEqual(outcome.calls, { started: 1, finished: 0, ok: 0, failed: 0, cutOff: 1 });
  assert.equal(outcome.messages.sent, 10);
  assert.equal(outcome.unanswered, 10);
});

Deno.test("More answers than messages are counted apart", async () => {
  const outcome = await load(BIDIRECTIONAL, twice, { count: 20 });
  assert.equal(outcome.messages.received, 40);
  assert.equal(outcome.latency?.count, 20);
  assert.equal(outcome.surplus, 20);

  async function* twice(requests: AsyncIterable<unknown>) {
    for await (const request of requests) {
      // The second answer of a message comes before the next message.
      yield request as Uint8Array;
      yield request as Uint8Array;
    }
  }
});

Deno.test("A server that answers once the client has ended gets that end when the load is over", async () => {
  const stop = new AbortController();
  const outcome = await load(BIDIRECTIONAL, collectFirst, {
    stop: stop.signal,
    stallMs: 25,
    onStall: () => stop.abort(),
    drainMs: 5000,
  });
  assert.deepEqual(outcome.calls, { started: 1, finished: 1, ok: 1, failed: 0, cutOff: 0 });
  assert.deepEqual(outcome.messages, { sent: 10, received: 10 });
  assert.equal(outcome.unanswered, 0);

  async function* collectFirst(requests: AsyncIterable<unknown>) {
    const all: Uint8Array[] = [];
    for await (const request of requests) all.push(request as Uint8Array);
    yield* all;
  }
});

const LOOPS: Record<string, Partial<LoadPlan>> = {
  closed: { maxInFlight: 1 },
  // The call ends while its next message is not due yet.
  open: { maxInFlight: 10, perSecond: 200, clock: SYSTEM_LOAD_CLOCK },
};

for (const [loop, options] of Object.entries(LOOPS)) {
  Deno.test(`A call that the server ends early is followed by another, with a loop that is ${loop}`, async () => {
    const outcome = await load(BIDIRECTIONAL, firstThree, {
      count: 30,
      ...options,
    });
    // A message may be on its way when the server ends the call; none gets lost before it is sent.
    assert.equal(outcome.messages.sent, 30);
    assert.equal(outcome.messages.received + outcome.unanswered, 30);
    assert.ok(outcome.calls.ok >= 10 || outcome.unanswered > 0, `${outcome.calls.ok} calls`);
    assert.equal(outcome.calls.failed, 0);

    async function* firstThree(requests: AsyncIterable<unknown>) {
      let count = 0;
      for await (const request of requests) {
        yield request as Uint8Array;
        if (++count === 3) return;
      }
    }
  });
}

Deno.test("A server that is not there fails every call, and the load still ends with its time", async () => {
  const method = rawMethod({ path: "/test.Load/Method", ...UNARY });
  const { target } = (() => {
    using server = startServer(method, (request: unknown) => request);
    return server;
  })();
  using channel = new Channel(target);
  const outcome = await load(UNARY, (request: unknown) => request, {
    channels: [channel],
    durationMs: 50,
    clock: { now: () => performance.now(), at: () => () => {} },
  });
  assert.deepEqual(outcome.statuses.map(({ code }) => code), [14]);
  assert.match(outcome.failures[0].message, /^Cannot connect to 127\.0\.0\.1:\d+: /);
  // It pauses between refusals, which take no time.
  assert.ok(outcome.calls.failed <= 20, `${outcome.calls.failed} calls`);
});

/** Buckets, samples, sums: what needs no server. */
import assert from "node:assert/strict";
import {
  BUCKET_COUNT,
  bucketOf,
  middleOf,
  summarizeDurations,
} from "../../dashboard/duration_buckets.ts";
import { answerGrpc } from "../../dashboard/answers.ts";
import { CallTap } from "../../dashboard/call_tap.ts";
import { MethodCounts } from "../../dashboard/call_statistics.ts";
import { LineBody } from "../../dashboard/line_body.ts";
import { HttpError } from "../../dashboard/http_error.ts";
import { MethodTap } from "../../dashboard/method_tap.ts";
import { readBody } from "../../dashboard/read_body.ts";
import { RecentDurations } from "../../dashboard/recent_durations.ts";
import { sampleMessage } from "../../dashboard/sample_message.ts";
import { mergeSnapshots, type MethodStats, type StatsSnapshot } from "../../dashboard/mod.ts";
import type { LiveCall, MessagePeek } from "../../rpc/mod.ts";
import { decodeStatusMessage } from "../../rpc/status_message.ts";

Deno.test("bucketOf() is exact below 16 µs and within 3.2 % beyond, up to 35 min", () => {
  for (let microseconds = 0; microseconds < 16; microseconds++) {
    assert.equal(middleOf(bucketOf(microseconds / 1000)), microseconds / 1000);
  }
  let last = 0;
  for (let durationMs = 0.016; durationMs < 2_000_000; durationMs *= 1.013) {
    const bucket = bucketOf(durationMs);
    assert.ok(bucket >= last && bucket < BUCKET_COUNT);
    last = bucket;
    const off = Math.abs(middleOf(bucket) - durationMs) / durationMs;
    // A microsecond is the unit.
    assert.ok(off < 0.032 + 0.0005 / durationMs, `${durationMs} is read as ${middleOf(bucket)}`);
  }
  assert.equal(bucketOf(1e12), BUCKET_COUNT - 1);
  assert.equal(bucketOf(-1), 0);
});

Deno.test("answerGrpc() says where a socket is whose path no header could hold as it is", () => {
  const { headers } = answerGrpc("/a.B/C", { kind: "unix", path: "/tmp/測.sock" });
  const message = decodeStatusMessage(headers.get("grpc-message") ?? "");
  assert.equal(
    message,
    "Cannot take the call of a.B/C: this is the page of broker serve, which takes calls on unix:/tmp/測.sock",
  );
});

Deno.test("Lines that nobody waited with hurt nobody when their reader goes", async () => {
  const body = new LineBody(new AbortController().signal);
  // A rejection that nobody handles fails the test.
  void body.write("x".repeat(100_000));
  await body.stream.cancel();
  assert.equal(body.signal.aborted, true);
  assert.equal(body.write("more"), undefined);
});

Deno.test("summarizeDurations() reads percentiles, and none of nothing", () => {
  assert.equal(summarizeDurations([], 0), undefined);
  const recent = new RecentDurations();
  for (let durationMs = 1; durationMs <= 1000; durationMs++) recent.record(durationMs, 5);
  const { counts, maxMs } = recent.read(5);
  const found = summarizeDurations(counts, maxMs);
  assert.ok(found !== undefined);
  const wanted = { p50: 500, p95: 950, p99: 990, max: 1000 };
  for (const [key, durationMs] of Object.entries(wanted)) {
    const value: unknown = Reflect.get(found, key);
    assert.ok(typeof value === "number");
    assert.ok(Math.abs(value - durationMs) < durationMs * 0.04, `${key} is ${value}`);
  }
});

Deno.test("RecentDurations forgets what is older than a minute", () => {
  const recent = new RecentDurations();
  const total = (nowMs: number) =>
    recent.read(nowMs).counts.reduce((sum, [, count]) => sum + count, 0);
  recent.record(100, 0);
  recent.record(5, 30_000);
  assert.deepEqual([total(30_000), recent.read(30_000).maxMs], [2, 100]);
  assert.deepEqual([total(59_999), recent.read(59_999).maxMs], [2, 100]);
  assert.deepEqual([total(60_000), recent.read(60_000).maxMs], [1, 5]);
  recent.record(7, 120_000);
  assert.deepEqual([total(120_000), recent.read(120_000).maxMs], [1, 7]);
  assert.equal(total(1e9), 0);
});

const SAMPLES: readonly [name: string, message: unknown, sample: unknown][] = [
  ["plain fields", { id: 1, ok: true, text: "x", none: null }, {
    id: 1,
    ok: true,
    text: "x",
    none: null,
  }],
  ["what JSON does not have", { a: NaN, b: -Infinity, c: 5n, d: undefined }, {
    a: "NaN",
    b: "-Infinity",
    c: "5",
    d: null,
  }],
  ["floats of 32 bits with their digits", [
    ...[Math.fround(47.2), Math.fround(-0.1), 0.1, 1 / 3, Math.fround(1e-30)],
    ...[Math.fround(16777.215), 1e300, Math.fround(1.2345678), -0],
  ], [47.2, -0.1, 0.1, 1 / 3, 1e-30, 16777.21484375, 1e300, Math.fround(1.2345678), -0]],
  ["octets as base64", { token: Uint8Array.of(0, 1, 2, 255) }, { token: "AAEC/w==" }],
  ["lists and maps", { list: [{ a: 1 }], map: { k: [] } }, { list: [{ a: 1 }], map: { k: [] } }],
];

Deno.test("sampleMessage() copies messages as JSON", async (t) => {
  for (const [name, message, sample] of SAMPLES) {
    await t.step(name, () => assert.deepEqual(sampleMessage(message), sample));
  }
});

Deno.test("sampleMessage() cuts what is too long, and its cost with it", () => {
  const huge = {
    text: "x".repeat(5_000_000),
    octets: new Uint8Array(5_000_000),
    list: new Array(1_000_000).fill(1),
    map: Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`k${at}`, at])),
  };
  for (const [key, value] of Object.entries(huge)) {
    const startedMs = performance.now();
    const text = JSON.stringify(sampleMessage({ [key]: value }));
    assert.ok(text.length < 8192, `${key}: ${text.length}`);
    assert.ok(text.includes("…"), key);
    assert.ok(performance.now() - startedMs < 500, key);
  }
  let deep: object = {};
  for (let level = 0; level < 10_000; level++) deep = { deep };
  assert.ok(JSON.stringify(sampleMessage(deep)).length < 8192);
});

Deno.test("sampleMessage() has room for a number beside a list that is too long", () => {
  const sample = sampleMessage({ spectrum: new Array(2048).fill(0.5), temperature: 21.5 });
  assert.equal(Reflect.get(Object(sample), "temperature"), 21.5);
  assert.equal(Reflect.get(Object(sample), "spectrum").at(-1), "…");
});

Deno.test("sampleMessage() takes a key that objects have a meaning of their own for", () => {
  const message = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1}');
  const sample = sampleMessage(message);
  assert.equal(JSON.stringify(sample), '{"constructor":1,"__proto__":{"admin":true}}');
  assert.equal(Reflect.get({}, "admin"), undefined);
});

function methodStats(path: string, count: number): MethodStats {
  return {
    path,
    started: count,
    ended: count,
    running: 0,
    received: { messages: count, octets: 7 * count },
    sent: { messages: count, octets: 8 * count },
    codes: { OK: count, [`ONLY_${count}`]: 1 },
    recent: [[count, 1], [50, 2]],
    recentMaxMs: count,
    durationCounts: [count, 1],
    durationSumSeconds: count,
  };
}

function snapshot(count: number, methods: readonly MethodStats[]): StatsSnapshot {
  return {
    atMs: count,
    uptimeMs: count,
    connections: count,
    streams: count,
    running: count,
    methods,
    memory: { rssOctets: count, heapOctets: count },
    eventLoopLagMs: count,
  };
}

Deno.test("readBody() gives up on a body that does not come", async () => {
  const { signal: stop } = new AbortController();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
  });
  const request = new Request("http://localhost/", { method: "POST", body });
  const options = { maxOctets: 100, timeoutMs: 50, stop };
  await assert.rejects(readBody(request, options), (error) => {
    assert.ok(error instanceof HttpError);
    assert.deepEqual([error.status, error.message], [
      408,
      "The body did not come within 0.05 s: send it again",
    ]);
    return true;
  });
});

/** A call that notes who looks at it. */
class FakeCall implements LiveCall {
  readonly path = "/a.B/C";
  readonly peer = "";
  readonly startedMs = 0;
  received = 0;
  sent = 0;
  readonly receivedOctets = 0;
  readonly sentOctets = 0;
  requests: MessagePeek | undefined;
  responses: MessagePeek | undefined;

  peekRequests(peek: MessagePeek | undefined): void {
    this.requests = peek;
  }

  peekResponses(peek: MessagePeek | undefined): void {
    this.responses = peek;
  }

  /** A request passes, and its answer. */
  pass(message: unknown): void {
    if (this.requests?.(this.received, () => message) === false) this.requests = undefined;
    this.received++;
    if (this.responses?.(this.sent, () => message) === false) this.responses = undefined;
    this.sent++;
  }
}

Deno.test("MethodTap looks at calls while somebody listens, and at none before and after", () => {
  const counts = new MethodCounts("/a.B/C");
  const method = { path: "/a.B/C", requestStream: true, responseStream: true };
  const tap = new MethodTap(method, counts);
  const [early, late] = [new FakeCall(), new FakeCall()];
  counts.callStarted(early);
  assert.equal(early.requests, undefined);
  const listener = () => {};
  tap.add(listener);
  counts.callStarted(late);
  assert.notEqual(early.requests, undefined);
  assert.notEqual(late.requests, undefined);
  tap.remove(listener);
  assert.deepEqual([early.requests, early.responses], [undefined, undefined]);
  assert.deepEqual([late.requests, late.responses], [undefined, undefined]);
  assert.equal(counts.watcher, undefined);
});

Deno.test("CallTap looks at no more messages than its quota, and lets go", () => {
  const call = new FakeCall();
  const quota = { requests: 5, responses: 5 };
  const tap = new CallTap(call, { number: 7, quota, isAnswered: true });
  tap.look(100);
  for (let number = 0; number < 100; number++) call.pass({ number });
  assert.deepEqual([call.requests, call.responses], [undefined, undefined]);
  const samples = tap.take(Infinity);
  assert.deepEqual(
    samples.map(({ call, index }) => [call, index]),
    [0, 1, 2, 3, 4].map((at) => [7, at]),
  );
  assert.deepEqual(samples[4].response, { number: 4 });
  assert.deepEqual(tap.take(Infinity), []);
  quota.requests = quota.responses = 2;
  tap.look(1);
  for (let number = 100; number < 110; number++) call.pass({ number });
  assert.deepEqual(tap.take(Infinity).map(({ index }) => index), [100]);
});

Deno.test("CallTap survives a message that cannot be read", () => {
  const call = new FakeCall();
  const tap = new CallTap(call, {
    number: 1,
    quota: { requests: 5, responses: 5 },
    isAnswered: false,
  });
  tap.look(5);
  call.requests?.(0, () => {
    throw new Error("not a message");
  });
  assert.equal(tap.take(Infinity)[0].request, "(cannot be shown)");
});

Deno.test("mergeSnapshots() adds up what workers counted, and takes the worst of what they share", () => {
  const merged = mergeSnapshots([
    snapshot(1, [methodStats("/a", 1), methodStats("/b", 2)]),
    snapshot(2, [methodStats("/a", 3)]),
  ]);
  const { methods, ...server } = merged;
  assert.deepEqual(server, {
    atMs: 2,
    uptimeMs: 2,
    connections: 3,
    streams: 3,
    running: 3,
    memory: { rssOctets: 2, heapOctets: 3 },
    eventLoopLagMs: 2,
  });
  assert.deepEqual(methods, [
    {
      path: "/a",
      started: 4,
      ended: 4,
      running: 0,
      received: { messages: 4, octets: 28 },
      sent: { messages: 4, octets: 32 },
      codes: { OK: 4, ONLY_1: 1, ONLY_3: 1 },
      recent: [[1, 1], [3, 1], [50, 4]],
      recentMaxMs: 3,
      durationCounts: [4, 2],
      durationSumSeconds: 4,
    },
    methodStats("/b", 2),
  ]);
  assert.throws(() => mergeSnapshots([]), /there is none$/);
});

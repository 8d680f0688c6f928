/** What a page sees of a server while calls run. */
import assert from "node:assert/strict";
import type { Sample } from "../../dashboard/mod.ts";
import { type ClientCall, Metadata } from "../../rpc/mod.ts";
import { withTimeout } from "../support/with_timeout.ts";
import {
  type Events,
  type Line,
  openEvents,
  type PageServer,
  readError,
  startPage,
  STATION,
} from "./support.ts";

interface Tick {
  readonly number: number;
}

function methodOf({ schema }: PageServer, name: string) {
  const methods = schema.services.flatMap(({ methods }) => methods);
  const method = methods.find(({ path }) => path === `${STATION}/${name}`);
  if (method === undefined) throw new Error(`There is no ${name}`);
  return method.definition;
}

function openChat(page: PageServer): ClientCall<Tick, Tick> {
  return page.channel.call(methodOf(page, "Chat"), {}) as ClientCall<Tick, Tick>;
}

async function watch(page: PageServer, name: string): Promise<Events> {
  const path = encodeURIComponent(`${STATION}/${name}`);
  const events = openEvents(await page.get(`/api/live?watch=${path}`));
  await events.next("stats");
  return events;
}

/** Collects samples until there are as many. */
async function takeSamples(events: Events, count: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (samples.length < count) samples.push(...(await events.next("samples")).samples);
  return samples;
}

/** The statistics of a method, once they are as wanted. */
async function untilStats(events: Events, name: string, isWanted: (stats: Line) => boolean) {
  for (;;) {
    const stats = await events.next("stats");
    const method = stats.methods.find(({ path }: Line) => path === `${STATION}/${name}`);
    if (isWanted(method)) return { stats, method };
  }
}

Deno.test("Statistics count calls, messages, octets and statuses of each method", async () => {
  await using page = await startPage();
  await using events = openEvents(await page.get("/api/live"));
  const first = await events.next("stats");
  assert.deepEqual([first.connections, first.running, first.received.messages], [0, 0, 0]);
  const chat = openChat(page);
  chat.send({ number: 1 });
  chat.send({ number: 300 });
  assert.deepEqual((await chat.responses.next()).value, { number: 1 });
  assert.deepEqual((await chat.responses.next()).value, { number: 300 });
  const { stats, method } = await untilStats(events, "Chat", ({ sent }) => sent === 2);
  assert.deepEqual(
    [stats.connections, stats.streams, stats.running, method.running, method.started, method.ended],
    [1, 1, 1, 1, 1, 0],
  );
  // A tag and one or two octets, behind a prefix of five.
  assert.deepEqual([stats.received, stats.sent], [{ messages: 2, octets: 15 }, {
    messages: 2,
    octets: 15,
  }]);
  chat.end();
  await chat.status;
  const over = await untilStats(events, "Chat", ({ ended }) => ended === 1);
  assert.deepEqual([over.method.codes, over.method.received, over.method.running], [
    { OK: 1 },
    2,
    0,
  ]);
  const { p50, max } = over.method.durationMs;
  assert.ok(p50 > 0 && p50 <= max && max < 10_000, `${p50} ${max}`);
  assert.ok(over.stats.memory.rssOctets > 1e7 && over.stats.memory.heapOctets > 1e6);
  assert.ok(over.stats.eventLoopLagMs >= 0);
});

Deno.test("Calls of methods that there are not count as one, whatever their names", async () => {
  await using page = await startPage();
  for (const path of ["/a.B/C", "/<script>/x"]) {
    const call = page.channel.call({ ...methodOf(page, "Chat"), path }, {});
    assert.equal((await call.status).code, 12);
  }
  await using events = openEvents(await page.get("/api/live"));
  const { methods } = await events.next("stats");
  const unknown = methods.find(({ path }: Line) => path === "unknown");
  assert.deepEqual([unknown.started, unknown.codes], [2, { UNIMPLEMENTED: 2 }]);
  assert.ok(!JSON.stringify(methods).includes("script"));
});

Deno.test("A slow stream shows each request with its answer", async () => {
  await using page = await startPage();
  const chat = openChat(page);
  chat.send({ number: 1 });
  await chat.responses.next();
  await using events = await watch(page, "Chat");
  for (let number = 2; number <= 5; number++) {
    chat.send({ number });
    await chat.responses.next();
    const [sample] = await takeSamples(events, 1);
    const { call, index, request, response } = sample;
    assert.deepEqual(
      { call, index, request, response },
      { call: 1, index: number - 1, request: { number }, response: { number } },
    );
  }
  chat.end();
  await chat.status;
});

Deno.test("A fast stream shows some, each with its own answer, and says how many it left out", async () => {
  await using page = await startPage();
  await using events = await watch(page, "Chat");
  const chat = openChat(page);
  const count = 50_000;
  const sending = (async () => {
    for (let number = 1; number <= count; number++) {
      if (!chat.send({ number })) await chat.ready();
    }
    chat.end();
  })();
  let received = 0;
  for await (const { number } of chat.responses) assert.equal(number, ++received);
  await sending;
  assert.equal(received, count);
  let seen = 0;
  let skipped = 0;
  while (seen + skipped < count) {
    const batch = await events.next("samples");
    skipped += batch.skipped;
    for (const { index, request, response } of batch.samples) {
      if (request === undefined) continue;
      seen++;
      assert.equal(request.number, index + 1);
      assert.equal(response.number, request.number);
    }
  }
  assert.equal(seen + skipped, count);
  assert.ok(seen >= 200 && seen <= count / 2, `${seen}`);
});

Deno.test("Unary calls show request and answer, each with a number of its own", async () => {
  await using page = await startPage();
  await using events = await watch(page, "Echo");
  const echo = methodOf(page, "Echo");
  for (const sent_id of ["1", "2", "3"]) await page.channel.unary(echo, { sent_id });
  const samples = await takeSamples(events, 3);
  assert.deepEqual(samples.map(({ index }) => index), [0, 0, 0]);
  assert.equal(new Set(samples.map(({ call }) => call)).size, 3);
  const ids = samples.map(({ request, response }: Line) => [request.sent_id, response.sent_id]);
  assert.deepEqual(ids, [["1", "1"], ["2", "2"], ["3", "3"]]);
});

Deno.test("A method that streams one way shows both sides as they come", async () => {
  await using page = await startPage();
  await using events = await watch(page, "Count");
  let last = 0;
  const answers = page.channel.serverStreaming(methodOf(page, "Count"), { number: 3 });
  for await (const answer of answers) last = (answer as Tick).number;
  assert.equal(last, 3);
  const samples = await takeSamples(events, 4);
  const requests = samples.filter(({ request }) => request !== undefined);
  const responses = samples.filter(({ response }) => response !== undefined);
  assert.deepEqual(requests.map(({ request }) => request), [{ number: 3 }]);
  assert.deepEqual(responses.map(({ response }: Line) => response.number), [1, 2, 3]);
});

Deno.test("A stream that answers out of step shows both sides all the same", async () => {
  // Answers nothing for a while, and then something now and then.
  async function* Chat(ticks: AsyncIterable<Tick>) {
    for await (const { number } of ticks) if (number % 1000 === 0) yield { number };
  }
  await using page = await startPage({ handlers: { Chat } });
  await using events = await watch(page, "Chat");
  const chat = openChat(page);
  let number = 0;
  let response: unknown;
  const giveUpMs = performance.now() + 10_000;
  while (response === undefined && performance.now() < giveUpMs) {
    for (let more = 0; more < 1000; more++) {
      if (!chat.send({ number: ++number })) await chat.ready();
    }
    const { samples } = await events.next("samples");
    response = samples.find((sample: Sample) => sample.response !== undefined)?.response;
  }
  assert.notEqual(response, undefined);
  chat.cancel();
  await chat.status;
});

Deno.test("What a message holds is cut, and what was withheld stays so", async () => {
  await using page = await startPage();
  await using events = await watch(page, "Echo");
  const content = { type_url: "type.googleapis.com/x.Y", value: new Uint8Array(100_000) };
  await page.channel.unary(methodOf(page, "Echo"), { content }, { metadata: new Metadata() });
  const [sample] = await takeSamples(events, 1);
  const size = JSON.stringify(sample).length;
  assert.ok(size > 4096 && size < 12_000, `${size}`);
});

Deno.test("A method that there is not cannot be watched", async () => {
  await using page = await startPage();
  const response = await page.get("/api/live?watch=/a.B/C");
  assert.equal(response.status, 404);
  assert.equal(await readError(response), 'The server has no method "/a.B/C"');
});

Deno.test("Sixteen pages can be open, and one more when one has left", async () => {
  await using page = await startPage();
  const open: Events[] = [];
  for (let count = 0; count < 16; count++) {
    open.push(openEvents(await page.get("/api/live")));
  }
  const refused = await page.get("/api/live");
  assert.equal(refused.status, 429);
  assert.match(await readError(refused), /^There are 16 pages open already/);
  for (const events of open) await events.next("stats");
  await open.pop()?.[Symbol.asyncDispose]();
  const enter = async () => {
    for (;;) {
      const response = await page.get("/api/live");
      if (response.status === 200) return openEvents(response);
      await response.body?.cancel();
    }
  };
  open.push(await withTimeout(enter(), 10_000, "a place"));
  for (const events of open) await events[Symbol.asyncDispose]();
});

Deno.test("A page that stops reading gets what fits into its connection, and nothing is kept for it", async () => {
  await using page = await startPage();
  const { hostname, port } = new URL(page.url);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const path = encodeURIComponent(`${STATION}/Echo`);
  await conn.write(
    new TextEncoder().encode(`GET /api/live?watch=${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`),
  );
  await using events = await watch(page, "Echo");
  // Each sample is cut to 4 KiB on either side.
  const content = { type_url: "x", value: new Uint8Array(6000) };
  let produced = 0;
  while (produced < 40e6) {
    const calls = Array.from(
      { length: 100 },
      () => page.channel.unary(methodOf(page, "Echo"), { content }),
    );
    await Promise.all(calls);
    produced += JSON.stringify((await events.next("samples")).samples).length;
  }
  const closing = page.close();
  let received = 0;
  for await (const chunk of conn.readable) received += chunk.length;
  await closing;
  assert.ok(received > 100_000 && received < produced / 2, `${received} of ${produced}`);
});

Deno.test("A page is told when the server stops, and can come back no more", async () => {
  await using page = await startPage();
  await using events = openEvents(await page.get("/api/live"));
  await events.next("stats");
  const closing = page.close();
  assert.deepEqual(await events.next("bye"), {});
  assert.equal(await events.next("stats"), undefined);
  await closing;
  await assert.rejects(fetch(`${page.url}/healthz`));
});

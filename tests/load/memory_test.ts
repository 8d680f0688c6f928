/** What a server that runs holds in memory: for messages that have passed, for streams that are open, for peers that stall. */
import assert from "node:assert/strict";
import { measureThroughput } from "../../bench/load_generator.ts";
import { DEFAULT_LIMITS } from "../../rpc/http2/mod.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { PREDICT, REQUEST } from "./databroker_request.ts";
import { LargeRequests } from "./large_requests.ts";
import { OpenStreams } from "./open_streams.ts";
import { StalledReaders } from "./stalled_readers.ts";
import { startWeighedServer, type WeighedServer } from "./weighed_server.ts";

/** Before memory is looked at: V8 compiles, and grows its heap to what the load needs. */
const WARM_UP_MESSAGES = 2_000_000;
const MESSAGES = 10_000_000;
const MAX_GROWTH_OCTETS = 20_000_000;
/** Servers that may be tried: when V8 collects is its own affair, and a leak shows in each. */
const MAX_TRIES = 3;

const CONNECTIONS = 100;
const STREAMS = 100;
const MAX_STREAM_OCTETS = 15_000;

const STALLED_READERS = 100;
/** Its window as it may have grown, and as much again: what that was copied from as it grew, until V8 collects it. */
const MAX_STALLED_OCTETS = 2 * DEFAULT_LIMITS.maxWindowOctets;

const LARGE_REQUESTS = { connections: 2, streams: 100, octets: 4_000_000 };
/** Of a request that is read: what V8 has not collected yet. */
const MAX_READ_OCTETS = 1_000_000;

const TIMEOUT_MS = 90_000;

function testMemory(name: string, run: (server: WeighedServer) => Promise<void>): void {
  // /proc is Linux's.
  Deno.test({
    name,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      await using server = await startWeighedServer();
      await withTimeout(run(server), TIMEOUT_MS, `"${name}"`);
    },
  });
}

/** Messages through one stream, as fast as they are answered. */
function pass(server: WeighedServer, messages: number): Promise<number> {
  return measureThroughput({ port: server.port, path: PREDICT, envelope: REQUEST }, messages);
}

testMemory("Ten million messages leave the server less than 20 MB larger", async (first) => {
  let grown = await growthOf(first);
  for (let tries = 1; tries < MAX_TRIES && grown >= MAX_GROWTH_OCTETS; tries++) {
    await using another = await startWeighedServer();
    grown = Math.min(grown, await growthOf(another));
  }
  assert.ok(grown < MAX_GROWTH_OCTETS, `${grown} octets`);
});

async function growthOf(server: WeighedServer): Promise<number> {
  await pass(server, WARM_UP_MESSAGES);
  const before = await server.resident();
  await pass(server, MESSAGES);
  const grown = await server.resident() - before;
  console.log(`${MESSAGES} messages: ${megabytes(grown)} MB on ${megabytes(before)} MB`);
  return grown;
}

testMemory("10,000 open streams on 100 connections are answered at 15 KB each", async (server) => {
  await pass(server, WARM_UP_MESSAGES / 10);
  const before = await server.resident();
  await using open = new OpenStreams();
  await open.open(server.port, { connections: CONNECTIONS, streams: STREAMS });
  const each = (await server.resident() - before) / (CONNECTIONS * STREAMS);
  console.log(`${CONNECTIONS * STREAMS} streams: ${(each / 1000).toFixed(1)} KB each`);
  assert.ok(each < MAX_STREAM_OCTETS, `${each} octets each`);
});

testMemory("A client that does not read costs its window and no more", async (server) => {
  await pass(server, WARM_UP_MESSAGES / 10);
  const before = await server.resident();
  using stalled = new StalledReaders();
  await stalled.open(server.port, STALLED_READERS);
  const each = (await server.resident() - before) / STALLED_READERS;
  const taken = stalled.taken / STALLED_READERS;
  console.log(
    `stalled: ${(each / 1000).toFixed(0)} KB each, of ${(taken / 1000).toFixed(0)} KB sent`,
  );
  assert.ok(each < MAX_STALLED_OCTETS, `${each} octets each`);
  // Others are served meanwhile.
  assert.ok(await pass(server, 10_000) > 0);
});

testMemory(
  "A stream that waits holds nothing of a large request that it has answered",
  async (server) => {
    const before = await server.resident();
    await using large = new LargeRequests();
    await large.open(server.port, LARGE_REQUESTS);
    const { connections, streams } = LARGE_REQUESTS;
    const each = (await server.resident() - before) / (connections * streams);
    console.log(`large requests: ${(each / 1000).toFixed(0)} KB each`);
    assert.ok(each < MAX_READ_OCTETS, `${each} octets each`);
  },
);

function megabytes(octets: number): string {
  return (octets / 1e6).toFixed(1);
}

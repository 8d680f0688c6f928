/** Rows through a real call on the loopback, more of them than any memory should hold. */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Channel, RpcServer } from "../../rpc/mod.ts";
import { builtinSchema, defaultStreamingMethod } from "../../schema/mod.ts";
import { type RowCall, streamRows } from "../../streaming/mod.ts";
import { createRowMapper, type CsvRecord, planColumns } from "../../tabular/mod.ts";
import { withTimeout } from "../support/with_timeout.ts";

const BATCH_ROWS = 2000;
/** After this many rows code is compiled and buffers have their size; from then on memory must stay. */
const WARM_UP_ROWS = 100_000;
/** On a busy machine it takes longer than this to send enough. */
const MIN_ROWS = 300_000;
const MAX_MS = 4000;
/** A million rows that are kept are above 100 MB. */
const MAX_HEAP_GROWTH_OCTETS = 16 * 1024 * 1024;
/** The process also grows by what V8 has not collected yet, in proportion to what the test runner holds. */
const MAX_RSS_GROWTH_OCTETS = 256 * 1024 * 1024;

/** Memory in use once all garbage is collected. */
function measureMemory(): Deno.MemoryUsage {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  assert.ok(typeof collect === "function");
  collect();
  return Deno.memoryUsage();
}

Deno.test("streamRows() needs no more memory for an endless input than for a long one", async () => {
  const schema = await builtinSchema();
  const method = defaultStreamingMethod(schema);
  const server = new RpcServer();
  for (const { definition } of schema.services) {
    server.addService(definition, {
      async *BidirectionalStreaming(requests: AsyncIterable<{ readonly id: number }>) {
        for await (const { id } of requests) yield { id, prediction: false };
      },
    });
  }
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  assert.equal(address.kind, "tcp");
  const port = address.kind === "tcp" ? address.port : 0;
  using channel = new Channel(`127.0.0.1:${port}`);

  const startedMs = performance.now();
  let produced = 0;
  let warm: Deno.MemoryUsage | undefined;
  async function* endless(): AsyncGenerator<CsvRecord[]> {
    while (produced < MIN_ROWS || performance.now() - startedMs < MAX_MS) {
      yield Array.from({ length: BATCH_ROWS }, () => ({
        cells: [String(++produced), "20.5", "1", "2", "3"],
        line: produced,
      }));
      if (produced >= WARM_UP_ROWS) warm ??= measureMemory();
    }
  }
  let nextId = 1;
  const plan = planColumns({ header: undefined, columnCount: 5, message: method.request });
  const summary = await withTimeout(
    streamRows(endless(), {
      kind: method.kind,
      path: method.path,
      openCalls: [() => channel.call(method.definition) as RowCall],
      mapper: createRowMapper(plan),
      maxInFlight: 4096,
      onBadRow: "stop",
      onOutcome: ({ answers, rows }) => {
        for (const [index, { id }] of answers.entries()) {
          if (id !== nextId || rows[index]?.line !== nextId) {
            throw new Error(`Answer ${id} came with row ${rows[index]?.line} at ${nextId}`);
          }
          nextId++;
        }
        return undefined;
      },
      stop: new AbortController().signal,
      drainMs: 0,
    }),
    60_000,
    "all rows",
  );
  const end = measureMemory();
  channel.close();
  await withTimeout(server.shutdown({ graceMs: 1000 }), 5000, "the server to end");

  assert.equal(summary.status.message, "");
  assert.ok(warm !== undefined, `only ${produced} rows were sent`);
  assert.deepEqual([summary.sent, summary.answered], [produced, produced]);
  const heapGrowth = end.heapUsed + end.external - warm.heapUsed - warm.external;
  const grown = `after ${produced} rows: ${JSON.stringify({ warm, end })}`;
  assert.ok(heapGrowth < MAX_HEAP_GROWTH_OCTETS, `the heap grew by ${heapGrowth} octets ${grown}`);
  assert.ok(end.rss - warm.rss < MAX_RSS_GROWTH_OCTETS, `the process grew ${grown}`);
});

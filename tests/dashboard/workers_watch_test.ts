import assert from "node:assert/strict";
import type { SampleBatch, StatsSnapshot } from "../../dashboard/mod.ts";
import {
  type WatchedWorkers,
  type WorkerSamples,
  WorkersWatch,
} from "../../dashboard/workers_watch.ts";

const PATH = "/calculator.Calculator/Negate";

/** Of a worker that has ended so many calls of one method. */
function snapshotOf(ended: number): StatsSnapshot {
  const traffic = { messages: ended, octets: ended * 10 };
  return {
    atMs: 1,
    uptimeMs: 1,
    connections: 2,
    streams: 1,
    running: 1,
    methods: [{
      path: PATH,
      started: ended + 1,
      ended,
      running: 1,
      received: traffic,
      sent: traffic,
      codes: { OK: ended },
      recent: [[3, ended]],
      recentMaxMs: 5,
      durationCounts: [ended],
      durationSumSeconds: ended,
    }],
    memory: { rssOctets: 100, heapOctets: 10 },
    eventLoopLagMs: ended,
  };
}

/** Two workers; a worker without a snapshot is too busy to answer, one that is not in `alive` has ended. */
class FakeWorkers implements WatchedWorkers {
  readonly count = 2;
  readonly methods = [{ path: PATH, requestStream: false, responseStream: false }];
  readonly counted = new Map<number, StatsSnapshot>();
  readonly alive = new Set([1, 2]);
  onSamples: ((samples: WorkerSamples) => void) | undefined;

  snapshots() {
    const all = Array.from(this.counted, ([workerId, snapshot]) => ({ workerId, snapshot }));
    return Promise.resolve(all);
  }

  workerIds() {
    return this.alive;
  }

  watch(_methodPath: string, onSamples: (samples: WorkerSamples) => void) {
    this.onSamples = onSamples;
    return () => this.onSamples = undefined;
  }
}

function endedOf({ methods }: StatsSnapshot): number {
  return methods.reduce((sum, { ended }) => sum + ended, 0);
}

Deno.test("WorkersWatch adds up what the workers have counted", async () => {
  const workers = new FakeWorkers();
  workers.counted.set(1, snapshotOf(3)).set(2, snapshotOf(4));
  const watch = new WorkersWatch(workers);
  const { connections, methods: [method], memory, eventLoopLagMs } = await watch.snapshot();
  assert.equal(connections, 4);
  assert.deepEqual([method.ended, method.codes.OK, method.running], [7, 7, 2]);
  assert.deepEqual([memory.rssOctets, memory.heapOctets, eventLoopLagMs], [100, 20, 4]);
  const handled = (await watch.metrics()).find(({ name }) => name === "grpc_server_handled_total");
  assert.deepEqual(handled?.values, [{
    value: 7,
    labels: {
      grpc_type: "unary",
      grpc_service: "calculator.Calculator",
      grpc_method: "Negate",
      grpc_code: "OK",
    },
  }]);
});

Deno.test("WorkersWatch takes the last count of a worker that does not answer", async () => {
  const workers = new FakeWorkers();
  workers.counted.set(1, snapshotOf(3)).set(2, snapshotOf(4));
  const watch = new WorkersWatch(workers);
  await watch.snapshot();
  workers.counted.delete(1);
  workers.counted.set(2, snapshotOf(5));
  assert.equal(endedOf(await watch.snapshot()), 8);
});

Deno.test("WorkersWatch asks to come again as long as no worker has ever answered", async () => {
  const workers = new FakeWorkers();
  const watch = new WorkersWatch(workers);
  await assert.rejects(watch.metrics(), {
    name: "HttpError",
    status: 503,
    message: "No worker says what it has counted, as each is busy or being started: ask again",
  });
  workers.counted.set(1, snapshotOf(3));
  assert.equal(endedOf(await watch.snapshot()), 3);
});

Deno.test("WorkersWatch keeps the totals of a worker that has ended, and nothing else of it", async () => {
  const workers = new FakeWorkers();
  workers.counted.set(1, snapshotOf(3)).set(2, snapshotOf(4));
  const watch = new WorkersWatch(workers);
  await watch.snapshot();
  for (const [gone, next] of [[1, 3], [3, 4]]) {
    workers.counted.delete(gone);
    workers.alive.delete(gone);
    workers.counted.set(next, snapshotOf(1));
    workers.alive.add(next);
    await watch.snapshot();
  }
  const snapshot = await watch.snapshot();
  assert.equal(endedOf(snapshot), 3 + 1 + 4 + 1);
  assert.deepEqual([snapshot.connections, snapshot.running], [4, 2]);
  assert.equal(snapshot.methods[0].running, 2);
  assert.equal(snapshot.memory.heapOctets, 20);
});

Deno.test("WorkersWatch gives the calls of different workers different numbers", () => {
  const workers = new FakeWorkers();
  const seen: SampleBatch[] = [];
  const stop = new WorkersWatch(workers).watch(PATH, (batch) => seen.push(batch));
  for (const place of [0, 1]) {
    const samples = [1, 2].map((call) => ({ call, index: 0, atMs: 1 }));
    workers.onSamples?.({ place, batch: { method: PATH, samples, skipped: 1 } });
  }
  const calls = seen.flatMap(({ samples }) => samples.map(({ call }) => call));
  assert.deepEqual(calls, [1, 3, 2, 4]);
  stop();
  assert.equal(workers.onSamples, undefined);
});

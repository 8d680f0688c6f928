import type { CalledMethod } from "../rpc/mod.ts";
import { HttpError } from "./http_error.ts";
import { listMetrics } from "./list_metrics.ts";
import type { MetricJson, SampleBatch, ServerWatch } from "./server_watch.ts";
import { mergeSnapshots, type StatsSnapshot } from "./stats_snapshot.ts";

/** What one worker has counted. */
export interface WorkerSnapshot {
  /** Of the worker: another one that takes its place has another number. */
  readonly workerId: number;
  readonly snapshot: StatsSnapshot;
}

/** Messages that one worker has seen. */
export interface WorkerSamples {
  /** Of its place, from 0. */
  readonly place: number;
  readonly batch: SampleBatch;
}

/** The workers of a server, as far as they can be watched. */
export interface WatchedWorkers {
  /** How many places there are. */
  readonly count: number;
  /** The methods that each of them has. */
  readonly methods: readonly CalledMethod[];
  /** What the workers that are there have counted; who does not answer for a while is left out. */
  snapshots(): Promise<readonly WorkerSnapshot[]>;
  /** The workers that are there. */
  workerIds(): ReadonlySet<number>;
  /** Lets all workers look at the messages of a method, those that are started later, too. */
  watch(methodPath: string, onSamples: (samples: WorkerSamples) => void): () => void;
}

/** Watches the workers of a server as if they were one. */
export class WorkersWatch implements ServerWatch {
  readonly #workers: WatchedWorkers;
  readonly #methods: ReadonlyMap<string, CalledMethod>;
  /** The latest of each worker: for one that is too busy to answer. */
  readonly #latest = new Map<number, StatsSnapshot>();
  /** What workers had counted when they were last asked before they ended: totals must not go back. */
  #past: StatsSnapshot | undefined;

  constructor(workers: WatchedWorkers) {
    this.#workers = workers;
    this.#methods = new Map(workers.methods.map((method) => [method.path, method]));
  }

  /** @throws HttpError 503 as long as no worker has ever said what it has counted */
  async snapshot(): Promise<StatsSnapshot> {
    for (const { workerId, snapshot } of await this.#workers.snapshots()) {
      this.#latest.set(workerId, snapshot);
    }
    this.#retire();
    const past = this.#past === undefined ? [] : [this.#past];
    const all = [...this.#latest.values(), ...past];
    if (all.length > 0) return mergeSnapshots(all);
    throw new HttpError(
      503,
      "No worker says what it has counted, as each is busy or being started: ask again",
    );
  }

  async metrics(): Promise<readonly MetricJson[]> {
    return listMetrics(await this.snapshot(), this.#methods);
  }

  watch(methodPath: string, onSamples: (batch: SampleBatch) => void): () => void {
    const { count } = this.#workers;
    return this.#workers.watch(methodPath, ({ place, batch }) => {
      // Each worker counts its calls from 1.
      const samples = batch.samples.map((sample) => (
        { ...sample, call: (sample.call - 1) * count + place + 1 }
      ));
      onSamples({ ...batch, samples });
    });
  }

  /** Nothing to end: workers count until they do. */
  close(): void {}

  #retire(): void {
    const alive = this.#workers.workerIds();
    for (const [workerId, snapshot] of this.#latest) {
      if (alive.has(workerId)) continue;
      this.#latest.delete(workerId);
      const over = endOf(snapshot);
      this.#past = this.#past === undefined ? over : mergeSnapshots([this.#past, over]);
    }
  }
}

/** The totals of a worker that is gone. */
function endOf(snapshot: StatsSnapshot): StatsSnapshot {
  return {
    ...snapshot,
    connections: 0,
    streams: 0,
    running: 0,
    methods: snapshot.methods.map((method) => (
      { ...method, running: 0, recent: [], recentMaxMs: 0 }
    )),
    memory: { rssOctets: 0, heapOctets: 0 },
    eventLoopLagMs: 0,
  };
}

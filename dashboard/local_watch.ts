import type { CalledMethod, RpcServer } from "../rpc/mod.ts";
import { CallStatistics } from "./call_statistics.ts";
import { EventLoopLag } from "./event_loop_lag.ts";
import { listMetrics } from "./list_metrics.ts";
import { MethodTap } from "./method_tap.ts";
import type { MetricJson, SampleBatch, ServerWatch } from "./server_watch.ts";
import type { StatsSnapshot } from "./stats_snapshot.ts";

/** Watches a server of this thread. Costs it a few additions for each call, and nothing for a message. */
export class LocalWatch implements ServerWatch {
  readonly #server: RpcServer;
  readonly #statistics: CallStatistics;
  readonly #methods: ReadonlyMap<string, CalledMethod>;
  readonly #taps = new Map<string, MethodTap>();
  readonly #lag = new EventLoopLag();
  readonly #startedMs = performance.now();

  /** Begins to count the calls of a server that has all of its services: only their names become labels of metrics. */
  constructor(server: RpcServer) {
    this.#server = server;
    this.#methods = new Map(server.methods.map((method) => [method.path, method]));
    this.#statistics = new CallStatistics(this.#methods.keys());
    server.observe(this.#statistics);
  }

  snapshot(): Promise<StatsSnapshot> {
    return Promise.resolve(this.#snapshot());
  }

  metrics(): Promise<readonly MetricJson[]> {
    return Promise.resolve(listMetrics(this.#snapshot(), this.#methods));
  }

  watch(methodPath: string, onSamples: (batch: SampleBatch) => void): () => void {
    const method = this.#methods.get(methodPath);
    const counts = this.#statistics.method(methodPath);
    if (method === undefined || counts === undefined) return () => {};
    const tap = this.#taps.get(methodPath) ?? new MethodTap(method, counts);
    this.#taps.set(methodPath, tap);
    // A function of its own, so that one who listens twice is told twice.
    const listener = (batch: SampleBatch) => onSamples(batch);
    tap.add(listener);
    return () => {
      tap.remove(listener);
      if (!tap.hasListeners) this.#taps.delete(methodPath);
    };
  }

  /** Watches no more. Who listens to samples is to stop before. */
  close(): void {
    this.#lag.close();
    this.#server.observe(undefined);
  }

  #snapshot(): StatsSnapshot {
    const nowMs = performance.now();
    const { connections, streams, running } = this.#server.stats;
    const { rss, heapUsed } = Deno.memoryUsage();
    return {
      atMs: Date.now(),
      uptimeMs: nowMs - this.#startedMs,
      connections,
      streams,
      running,
      methods: this.#statistics.read(nowMs),
      memory: { rssOctets: rss, heapOctets: heapUsed },
      eventLoopLagMs: this.#lag.worstMs,
    };
  }
}

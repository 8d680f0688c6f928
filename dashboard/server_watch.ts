import type { StatsSnapshot } from "./stats_snapshot.ts";

/** A value of JSON. */
export type PlainJson =
  | null
  | boolean
  | number
  | string
  | readonly PlainJson[]
  | { readonly [key: string]: PlainJson };

/** A message that was seen to pass, or a request with the answer that has its number. */
export interface Sample {
  /** Of the call, from 1: new for each call. */
  readonly call: number;
  /** How many messages came before it in its call. */
  readonly index: number;
  /** Since 1970. */
  readonly atMs: number;
  /** Cut to 4 KiB; fields by their names in the `.proto`. */
  readonly request?: PlainJson;
  readonly response?: PlainJson;
}

/** What was seen of one method in a tenth of a second. */
export interface SampleBatch {
  /** `/package.Service/Method`. */
  readonly method: string;
  /** Where both sides stream and answer in turn, an answer that comes later than its request may follow by itself. */
  readonly samples: readonly Sample[];
  /** Requests, or answers where those are more, that passed without being seen. */
  readonly skipped: number;
}

/** A metric in the form of prom-client's `getMetricsAsJSON()`; those of several workers are put together by `aggregator`. */
export interface MetricJson {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly aggregator: "sum" | "first" | "min" | "max" | "average" | "omit";
  readonly values: readonly {
    readonly value: number;
    readonly labels: Readonly<Record<string, string | number>>;
    /** `…_bucket`, `…_sum`, `…_count` of a histogram. */
    readonly metricName?: string;
  }[];
}

/** All that the page and its metrics know of a server, or of the workers that are one. */
export interface ServerWatch {
  snapshot(): Promise<StatsSnapshot>;
  metrics(): Promise<readonly MetricJson[]>;
  /**
   * Looks at the messages of a method, up to 200 each tenth of a second, until what is returned is called. A method that
   * the server does not have has none.
   */
  watch(methodPath: string, onSamples: (batch: SampleBatch) => void): () => void;
}

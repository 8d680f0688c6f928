import type { SampleBatch, StatsSnapshot } from "../dashboard/mod.ts";
import type { CalledMethod } from "../rpc/mod.ts";
import type { ServeContext } from "./serve_context.ts";

/** What a worker thread is started with: what `ServeContext` has, as far as it can be cloned. */
export interface WorkerStart {
  /** With the port that was picked, and the worker's share of the connections. */
  readonly flags: ServeContext["flags"];
  readonly positionals: ServeContext["positionals"];
  readonly globals: ServeContext["globals"];
  readonly given: readonly string[];
  /** What decides whether sentences are coloured. */
  readonly stderrIsTerminal: boolean;
  readonly env: Readonly<Record<string, string>>;
}

/** Why a worker could not start. */
export interface WorkerFailure {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** What the process is to end with; undefined for what nobody foresaw. */
  readonly exitCode: number | undefined;
}

/** What the main thread tells a worker. */
export type ToWorker =
  /** What was said is on its way to stderr. */
  | { readonly kind: "heard" }
  | { readonly kind: "hangUp" }
  /** Wants a `snapshot` with the same number. */
  | { readonly kind: "count"; readonly askId: number }
  /** Wants `samples` of a method, until `unwatch`. */
  | { readonly kind: "watch" | "unwatch"; readonly methodPath: string }
  | { readonly kind: "stop"; readonly graceMs: number };

/** What a worker tells the main thread. */
export type FromWorker =
  /** It listens, and answers these methods. */
  | { readonly kind: "ready"; readonly methods: readonly CalledMethod[] }
  | { readonly kind: "failed"; readonly failure: WorkerFailure }
  /** Lines for stderr, to be answered with `heard`. */
  | { readonly kind: "said"; readonly text: string }
  /** A line that each worker says alike. */
  | { readonly kind: "saidByAll"; readonly text: string }
  | { readonly kind: "snapshot"; readonly askId: number; readonly snapshot: StatsSnapshot }
  | { readonly kind: "samples"; readonly batch: SampleBatch }
  | { readonly kind: "stopped" };

import type { Io, Talk } from "../cli/mod.ts";
import type { WatchedWorkers, WorkerSamples, WorkerSnapshot } from "../dashboard/workers_watch.ts";
import type { CalledMethod } from "../rpc/mod.ts";
import { CommonLines } from "./common_lines.ts";
import { describeError, printStack } from "../cli/describe_error.ts";
import { RestartWaits } from "./restart_waits.ts";
import type { ToWorker, WorkerStart } from "./worker_messages.ts";
import { WorkerThread } from "./worker_thread.ts";

/** The longest time that a timer can wait, in ms. */
const MAX_TIMER_MS = 0x7fff_ffff;
/** What workers have beyond the grace period to say that they have stopped. */
const STOP_PATIENCE_MS = 2000;

/** What a pool is made with. */
export interface WorkerPoolOptions {
  readonly count: number;
  readonly start: WorkerStart;
  readonly io: Io;
  readonly talk: Talk;
}

/** The place of a worker; who ends is followed by another. */
interface Slot {
  /** From 1. */
  readonly number: number;
  /** Undefined while there is none. */
  worker: WorkerThread | undefined;
}

/** Worker threads that serve one port; one that ends is started anew. */
export class WorkerPool implements WatchedWorkers {
  /** Rejects when no worker is left and none can be started. */
  readonly failed: Promise<never>;

  readonly #options: WorkerPoolOptions;
  readonly #lines = new CommonLines();
  readonly #slots: readonly Slot[];
  /** Who looks at the messages of a method, by its path. */
  readonly #samplers = new Map<string, Set<(samples: WorkerSamples) => void>>();
  readonly #failed = Promise.withResolvers<never>();
  /** Ends waits for another attempt to start a worker. */
  readonly #closing = new AbortController();
  #methods: readonly CalledMethod[] = [];

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.failed = this.#failed.promise;
    // Nobody waits for it before the server has started.
    this.failed.catch(() => {});
    this.#slots = Array.from({ length: options.count }, (_, index) => (
      { number: index + 1, worker: undefined }
    ));
  }

  get count(): number {
    return this.#slots.length;
  }

  get methods(): readonly CalledMethod[] {
    return this.#methods;
  }

  /**
   * Starts all workers, and waits until each of them listens.
   *
   * @throws what kept the first one from it; a signal ends those that still load
   */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    const { interrupted } = options.io;
    const giveUp = () => void pool.close();
    interrupted.addEventListener("abort", giveUp);
    try {
      const starting = pool.#slots.map(async (slot) => ({
        slot,
        worker: await pool.#startWorker(slot),
      }));
      for (const { slot, worker } of await Promise.all(starting)) pool.#supervise(slot, worker);
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    } finally {
      interrupted.removeEventListener("abort", giveUp);
    }
  }

  /** The workers that are there, with the numbers of their places. */
  get workers(): readonly { readonly number: number; readonly worker: WorkerThread }[] {
    return this.#slots.flatMap(({ number, worker }) =>
      worker === undefined ? [] : [{ number, worker }]
    );
  }

  /** Lets all workers read their files again. */
  hangUp(): void {
    this.#postToAll({ kind: "hangUp" });
  }

  async snapshots(): Promise<readonly WorkerSnapshot[]> {
    const all = await Promise.all(this.workers.map(async ({ worker }) => {
      const snapshot = await worker.count();
      return snapshot === undefined ? [] : [{ workerId: worker.workerId, snapshot }];
    }));
    return all.flat();
  }

  workerIds(): ReadonlySet<number> {
    return new Set(this.workers.map(({ worker }) => worker.workerId));
  }

  watch(methodPath: string, onSamples: (samples: WorkerSamples) => void): () => void {
    const samplers = this.#samplers.get(methodPath) ?? new Set();
    if (samplers.size === 0) this.#postToAll({ kind: "watch", methodPath });
    this.#samplers.set(methodPath, samplers);
    // A function of its own, so that one who listens twice is told twice.
    const sampler = (samples: WorkerSamples) => onSamples(samples);
    samplers.add(sampler);
    return () => {
      if (!samplers.delete(sampler) || samplers.size > 0) return;
      this.#samplers.delete(methodPath);
      this.#postToAll({ kind: "unwatch", methodPath });
    };
  }

  /** Lets all workers end their calls within the grace period, then ends them. */
  async stop(graceMs: number): Promise<void> {
    this.#closing.abort();
    this.#postToAll({ kind: "stop", graceMs });
    await Promise.all(this.workers.map((place) => this.#untilStopped(place, graceMs)));
    await this.close();
  }

  /** Ends all workers at once. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.workers.map(({ worker }) => worker.terminate()));
  }

  #postToAll(message: ToWorker): void {
    for (const { worker } of this.workers) worker.post(message);
  }

  /** Settles when it listens. @throws what kept it from doing so */
  async #startWorker(slot: Slot): Promise<WorkerThread> {
    const { io, start } = this.#options;
    const lines = this.#lines.ofWorker();
    const worker = new WorkerThread(start, {
      said: (text) => io.stderr.write(text),
      saidByAll(text) {
        if (lines.isNew(text)) io.stderr.write(text);
      },
      sampled: (batch) => {
        const samples = { place: slot.number - 1, batch };
        for (const onSamples of this.#samplers.get(batch.method) ?? []) onSamples(samples);
      },
    });
    slot.worker = worker;
    worker.ended.then(() => {
      if (slot.worker === worker) slot.worker = undefined;
    });
    try {
      this.#methods = await worker.ready;
      lines.started();
      for (const methodPath of this.#samplers.keys()) worker.post({ kind: "watch", methodPath });
      return worker;
    } catch (error) {
      slot.worker = undefined;
      // One that could not start its server would idle on.
      await worker.terminate();
      throw error;
    }
  }

  /** Starts another worker whenever one ends, for ever. */
  async #supervise(slot: Slot, first: WorkerThread): Promise<void> {
    const { signal } = this.#closing;
    const waits = new RestartWaits();
    for (let worker: WorkerThread | undefined = first; worker !== undefined;) {
      const sinceMs = performance.now();
      const reason = await worker.ended;
      if (signal.aborted) return;
      this.#options.talk.fail(
        `Worker ${slot.number} ended (${reason}); its calls are lost, another is started`,
      );
      waits.served(performance.now() - sinceMs);
      worker = await this.#startAgain(slot, waits);
    }
  }

  /** The worker that listens in place of the one that ended; undefined when nobody wants one any more. */
  async #startAgain(slot: Slot, waits: RestartWaits): Promise<WorkerThread | undefined> {
    const { talk } = this.#options;
    const { signal } = this.#closing;
    for (;;) {
      await waitFor(waits.next(), signal);
      if (signal.aborted) return undefined;
      try {
        const worker = await this.#startWorker(slot);
        talk.say(`Worker ${slot.number} listens again`);
        return worker;
      } catch (error) {
        if (signal.aborted) return undefined;
        if (this.workers.length === 0) {
          this.#failed.reject(error);
          return undefined;
        }
        talk.fail(`Cannot start worker ${slot.number} again: ${describeError(error)}`);
        printStack(talk, error);
      }
    }
  }

  async #untilStopped(
    { number, worker }: { readonly number: number; readonly worker: WorkerThread },
    graceMs: number,
  ): Promise<void> {
    const patience = new AbortController();
    const stopped = worker.stopped.then(() => true);
    const late = waitFor(graceMs + STOP_PATIENCE_MS, patience.signal).then(() => false);
    if (!await Promise.race([stopped, late])) {
      this.#options.talk.fail(
        `Worker ${number} did not stop in time and is ended: a handler does not let go of it`,
      );
    }
    patience.abort();
  }
}

/** Settles after a time, or when the signal says so. */
function waitFor(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(durationMs, MAX_TIMER_MS));
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

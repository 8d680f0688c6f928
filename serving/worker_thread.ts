import { Worker } from "node:worker_threads";
import { CommandError } from "../cli/mod.ts";
import type { SampleBatch, StatsSnapshot } from "../dashboard/mod.ts";
import type { CalledMethod } from "../rpc/mod.ts";
import type { FromWorker, ToWorker, WorkerFailure, WorkerStart } from "./worker_messages.ts";

/** How long a worker has to say what it has counted. A handler that computes keeps it from answering. */
const COUNT_PATIENCE_MS = 500;

/** Who is told what a worker says. */
export interface WorkerListener {
  /** Settles when it is on its way to stderr. */
  said(text: string): Promise<void> | undefined;
  saidByAll(text: string): void;
  sampled(batch: SampleBatch): void;
}

let lastWorkerId = 0;

/** One worker thread, as the main thread sees it. */
export class WorkerThread {
  /** No two have the same. */
  readonly workerId: number = ++lastWorkerId;
  /** Settles when it listens, with its methods. @throws what kept it from starting */
  readonly ready: Promise<readonly CalledMethod[]>;
  /** Settles when all its calls have ended, after `stop()`, or when it has ended. */
  readonly stopped: Promise<void>;
  /** Settles when the thread is gone, with the reason for a sentence. */
  readonly ended: Promise<string>;

  #isListening = false;
  readonly #worker: Worker;
  readonly #listener: WorkerListener;
  readonly #ready = Promise.withResolvers<readonly CalledMethod[]>();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #asked = new Map<number, (snapshot: StatsSnapshot) => void>();
  #lastAskId = 0;

  constructor(start: WorkerStart, listener: WorkerListener) {
    this.#listener = listener;
    this.ready = this.#ready.promise;
    this.stopped = this.#stopped.promise;
    // `deno compile` has to be told to include it: nothing imports it.
    this.#worker = new Worker(new URL("./worker_entry.ts", import.meta.url), { workerData: start });
    this.#worker.on("message", (message: FromWorker) => this.#onMessage(message));
    this.ended = this.#watchEnd();
  }

  /** Whether it takes connections, as far as is known: not before it has started, nor once it has ended. */
  get isListening(): boolean {
    return this.#isListening;
  }

  post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** What it has counted; undefined if it does not answer in time. */
  async count(): Promise<StatsSnapshot | undefined> {
    const askId = ++this.#lastAskId;
    const answered = Promise.withResolvers<StatsSnapshot | undefined>();
    const timer = setTimeout(() => answered.resolve(undefined), COUNT_PATIENCE_MS);
    this.#asked.set(askId, answered.resolve);
    this.post({ kind: "count", askId });
    const snapshot = await answered.promise;
    clearTimeout(timer);
    this.#asked.delete(askId);
    return snapshot;
  }

  /** Ends it at once, whatever it is doing. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #onMessage(message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        this.#isListening = true;
        return this.#ready.resolve(message.methods);
      case "failed":
        return this.#ready.reject(toError(message.failure));
      case "said":
        return void this.#pass(message.text);
      case "saidByAll":
        return this.#listener.saidByAll(message.text);
      case "snapshot":
        return this.#asked.get(message.askId)?.(message.snapshot);
      case "samples":
        return this.#listener.sampled(message.batch);
      case "stopped":
        return this.#stopped.resolve();
    }
  }

  async #pass(text: string): Promise<void> {
    await this.#listener.said(text);
    this.post({ kind: "heard" });
  }

  #watchEnd(): Promise<string> {
    return new Promise((resolve) => {
      let uncaught: string | undefined;
      this.#worker.on("error", (error: Error) => uncaught = error.message);
      this.#worker.on("exit", (code: number) => {
        this.#isListening = false;
        const reason = uncaught ?? `exit code ${code}`;
        this.#ready.reject(new CommandError(`A worker ended before it listened: ${reason}`));
        this.#stopped.resolve();
        resolve(reason);
      });
    });
  }
}

function toError({ name, message, stack, exitCode }: WorkerFailure): Error {
  const error = exitCode === undefined
    ? new Error(message)
    : new CommandError(message, { exitCode });
  // As it was in the worker, for --verbose.
  Object.defineProperties(error, { name: { value: name }, stack: { value: stack } });
  return error;
}

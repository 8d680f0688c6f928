import { BufferedSink, type Io, type OutputSink } from "../cli/mod.ts";
import type { FromWorker, WorkerStart } from "./worker_messages.ts";

/** What `WorkerIo` writes to: the main thread. */
export interface WorkerPost {
  (message: FromWorker): void;
}

/** The `Io` of a worker thread: signals come from the main thread, and what is written goes there. */
export class WorkerIo implements Io {
  readonly stdin = new ReadableStream<Uint8Array>();
  readonly stdinIsTerminal = false;
  readonly stdout: OutputSink;
  readonly stderr: OutputSink;
  /** The same, but for a stderr that is for what each worker says alike. */
  readonly common: Io;
  /** Workers are told to stop by a message. */
  readonly interrupted = new AbortController().signal;

  readonly #env: WorkerStart["env"];
  readonly #hangupListeners = new Set<() => void>();
  /** Settles when the main thread has taken what was posted. */
  #heard: PromiseWithResolvers<void> | undefined;

  constructor(post: WorkerPost, { stderrIsTerminal, env }: WorkerStart) {
    this.#env = env;
    const decoder = new TextDecoder();
    const target = {
      isTerminal: stderrIsTerminal,
      // One message at a time: under load, lines gather in the sink, which drops what nobody reads.
      writeAll: (bytes: Uint8Array) => {
        this.#heard = Promise.withResolvers();
        post({ kind: "said", text: decoder.decode(bytes) });
        return this.#heard.promise;
      },
    };
    this.stderr = new BufferedSink(target, { isBestEffort: true });
    this.stdout = this.stderr;
    this.common = {
      stdin: this.stdin,
      stdinIsTerminal: this.stdinIsTerminal,
      stdout: this.stderr,
      stderr: postingSink(post, stderrIsTerminal),
      env: (name) => this.env(name),
      interrupted: this.interrupted,
      onHangup: (listener) => this.onHangup(listener),
    };
  }

  env(name: string): string | undefined {
    return Object.hasOwn(this.#env, name) ? this.#env[name] : undefined;
  }

  onHangup(listener: () => void): () => void {
    this.#hangupListeners.add(listener);
    return () => this.#hangupListeners.delete(listener);
  }

  // What the main thread tells.

  heard(): void {
    this.#heard?.resolve();
  }

  hangUp(): void {
    for (const listener of this.#hangupListeners) listener();
  }
}

/** Posts each write by itself: the main thread compares them with those of other workers. */
function postingSink(post: WorkerPost, isTerminal: boolean): OutputSink {
  return {
    isTerminal,
    isIdle: true,
    write(data) {
      const text = typeof data === "string" ? data : new TextDecoder().decode(data);
      post({ kind: "saidByAll", text });
      return undefined;
    },
    flush: () => Promise.resolve(),
  };
}

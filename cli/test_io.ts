import { BufferedSink } from "./buffered_sink.ts";
import { InterruptedError, OutputClosedError } from "./command_error.ts";
import type { Io } from "./io.ts";

/** An `Io` without a process. */
export interface TestIo extends Io {
  /** All that was written so far; `await io.stdout.flush()` first. */
  stdoutText(): string;
  stdoutBytes(): Uint8Array<ArrayBuffer>;
  stderrText(): string;
  /** What SIGINT does. */
  interrupt(): void;
  /** What SIGHUP does. */
  hangUp(): void;
  /** What `| head` does: later writes to stdout fail. */
  closeStdout(): void;
}

/** Options of `testIo()`. */
export interface TestIoOptions {
  /** Default: empty. */
  readonly stdin?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  /** Default: no variable is set. */
  readonly env?: Readonly<Record<string, string>>;
  /** Which of the three are terminals. Default: none. */
  readonly terminals?: readonly ("stdin" | "stdout" | "stderr")[];
}

/**
 * Makes an `Io` that reads from memory and captures what is written.
 *
 * @example
 * ```ts
 * const io = testIo({ stdin: "id,sensor1\n1,2.5\n" });
 * const exitCode = await streamCommand.run(["-", "localhost:8061"], io);
 * assert.equal(io.stdoutText(), "…");
 * ```
 */
export function testIo(options: TestIoOptions = {}): TestIo {
  const { stdin = "", env = {}, terminals = [] } = options;
  const stdout = new CapturingTarget(terminals.includes("stdout"));
  const stderr = new CapturingTarget(terminals.includes("stderr"));
  const controller = new AbortController();
  const hangupListeners = new Set<() => void>();
  return {
    stdin: stdin instanceof ReadableStream ? stdin : new Blob([stdin]).stream(),
    stdinIsTerminal: terminals.includes("stdin"),
    stdout: new BufferedSink(stdout),
    stderr: new BufferedSink(stderr, { isBestEffort: true }),
    env: (name) => Object.hasOwn(env, name) ? env[name] : undefined,
    interrupted: controller.signal,
    onHangup(listener) {
      hangupListeners.add(listener);
      return () => hangupListeners.delete(listener);
    },
    hangUp: () => hangupListeners.forEach((listener) => listener()),
    stdoutText: () => new TextDecoder().decode(stdout.bytes()),
    stdoutBytes: () => stdout.bytes(),
    stderrText: () => new TextDecoder().decode(stderr.bytes()),
    interrupt: () => controller.abort(new InterruptedError("SIGINT")),
    closeStdout: () => stdout.isClosed = true,
  };
}

class CapturingTarget {
  readonly isTerminal: boolean;
  isClosed = false;
  #bytes = new Uint8Array(new ArrayBuffer(1024));
  #length = 0;

  constructor(isTerminal: boolean) {
    this.isTerminal = isTerminal;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  writeAll(bytes: Uint8Array): Promise<void> {
    if (this.isClosed) return Promise.reject(new OutputClosedError());
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
    return Promise.resolve();
  }
}

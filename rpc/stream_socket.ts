import type { Duplex } from "node:stream";
import type { Socket } from "./http2/mod.ts";

/** What a stream's end tells, where it tells more than that it ended. */
export interface StreamSocketOptions {
  /** Makes sense of the stream's errors. */
  readonly explain?: (error: Error) => Error;
  /** What it means that the other end left before it said anything; default: nothing but an end. */
  readonly explainSilence?: () => Error;
}

/** Codes of errors that only say that the other end has gone. */
const HUNG_UP = new Set<unknown>(["ECONNRESET", "EPIPE"]);

/** A Node duplex stream, such as a `tls.TLSSocket`, as a `Socket`. Read it here only. */
export class StreamSocket implements Socket {
  readonly peer: string;
  readonly #stream: Duplex;
  readonly #options: StreamSocketOptions;
  /** What was read from the stream and did not fit into the caller's buffer. */
  #rest: Uint8Array | undefined;
  #isSilent = true;
  #isClosed = false;
  #ended = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #streamClosed = Promise.withResolvers<void>();

  constructor(stream: Duplex, peer: string, options: StreamSocketOptions = {}) {
    this.#stream = stream;
    this.#options = options;
    this.peer = peer;
    const settle = () => {
      const wake = this.#wake;
      this.#wake = undefined;
      wake?.();
    };
    const end = () => {
      this.#ended = true;
      settle();
    };
    stream.on("readable", settle);
    stream.on("end", end);
    stream.on("close", () => {
      end();
      this.#streamClosed.resolve();
    });
    stream.on("error", (error) => {
      this.#error ??= error;
      settle();
    });
  }

  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const chunk: Uint8Array | null = this.#rest ?? this.#stream.read();
      if (chunk !== null) return this.#hand(chunk, into);
      if (this.#isClosed) throw new Deno.errors.BadResource("The socket is closed");
      if (this.#ended || this.#error !== undefined) return this.#atEnd();
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  #atEnd(): null {
    const error = this.#explainEnd(this.#error);
    if (error !== undefined) throw error;
    return null;
  }

  #explainEnd(error: Error | undefined): Error | undefined {
    const hasLeft = error === undefined || ("code" in error && HUNG_UP.has(error.code));
    const { explain, explainSilence } = this.#options;
    if (hasLeft && this.#isSilent && explainSilence !== undefined) return explainSilence();
    return error === undefined ? undefined : explain?.(error) ?? error;
  }

  #hand(chunk: Uint8Array, into: Uint8Array): number {
    const count = Math.min(chunk.length, into.length);
    into.set(chunk.subarray(0, count));
    this.#rest = count < chunk.length ? chunk.subarray(count) : undefined;
    this.#isSilent = false;
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const error = await new Promise<Error | null | undefined>((resolve) =>
      this.#stream.write(bytes, resolve)
    );
    if (!error) return bytes.length;
    if (this.#isClosed) throw error;
    // That the stream is destroyed is less than what destroyed it, which comes a little later.
    this.#stream.destroy();
    await this.#streamClosed.promise;
    throw this.#explainEnd(this.#error) ?? error;
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#stream.end(resolve));
  }

  close(): void {
    this.#isClosed = true;
    this.#stream.destroy();
  }
}

/** Octets that wait for the reader before writers are held back. */
const HIGH_WATER_OCTETS = 65_536;
/** A reader that takes nothing for so long has gone, in ms. */
const STALL_MS = 60_000;

/** A body that is written line by line, at the pace of who reads it. */
export class LineBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Aborts when nobody reads any more. */
  readonly signal: AbortSignal;
  readonly #encoder = new TextEncoder();
  readonly #gone = new AbortController();
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #isClosed = false;
  readonly #onStop = () => this.abandon("The server stops");
  readonly #stop: AbortSignal;

  /** @param stop ends it when the page closes */
  constructor(stop: AbortSignal) {
    this.signal = this.#gone.signal;
    this.#stop = stop;
    stop.addEventListener("abort", this.#onStop);
    this.stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#giveRoom(),
      cancel: () => this.abandon("The reader has gone"),
    }, { highWaterMark: HIGH_WATER_OCTETS, size: (chunk) => chunk.length });
  }

  /** Writes lines, each with its line feed. A promise asks to wait with the next ones; it rejects when nobody reads. */
  write(lines: string): Promise<void> | undefined {
    if (this.#isClosed || this.#controller === undefined) return undefined;
    this.#controller.enqueue(this.#encoder.encode(lines));
    if ((this.#controller.desiredSize ?? 0) > 0) return undefined;
    const room = this.#awaitRoom();
    // Not everyone waits, and nobody is to be hurt by that.
    room.catch(() => {});
    return room;
  }

  /** Ends the body. */
  close(): void {
    if (this.#isClosed) return;
    this.#end();
    this.#controller?.close();
    this.#giveRoom();
  }

  /** Ends it without its end. */
  abandon(reason: string): void {
    if (this.#isClosed) return;
    this.#end();
    const error = new Error(reason);
    this.#controller?.error(error);
    this.#gone.abort(error);
    this.#giveRoom();
  }

  #end(): void {
    this.#isClosed = true;
    this.#stop.removeEventListener("abort", this.#onStop);
  }

  async #awaitRoom(): Promise<void> {
    this.#room ??= Promise.withResolvers();
    const timer = setTimeout(() => this.abandon("The reader takes nothing"), STALL_MS);
    await this.#room.promise;
    clearTimeout(timer);
    this.signal.throwIfAborted();
  }

  #giveRoom(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}

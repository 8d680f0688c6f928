import { RpcError, Status } from "../rpc/mod.ts";

/** Octets of all uploads together that may be ahead of the server. */
export const MAX_AHEAD_OCTETS = 128 * 1024 * 1024;
/** What one upload may hold of them even if the others hold all the rest: an eighth, as there are eight uploads. */
const SHARE_OCTETS = MAX_AHEAD_OCTETS / 8;
/** An upload of which nothing comes for so long is given up, in ms. */
const STALL_MS = 60_000;

/** The octets that uploads hold together. */
export interface UploadBudget {
  octets: number;
}

/** How an upload is read. */
export interface ReadAheadOptions {
  readonly budget: UploadBudget;
  /** Aborts when nobody wants the chunks any more. */
  readonly signal: AbortSignal;
  /** Aborts when the page closes. */
  readonly stop: AbortSignal;
  /** Told when the body breaks off: nobody is there any more. */
  onBroken(error: unknown): void;
}

/**
 * The chunks of an upload, read ahead of who takes them.
 *
 * Browsers read no answer over HTTP/1.1 before they have sent all of their request (seen with Chromium 156): an upload
 * that waited for its answers to be read would wait for ever. And to leave a body unread holds nobody back: once an
 * answer has begun, Deno.serve reads on into a buffer of its own without a limit (2.9.6; denoland/deno#36869). So all
 * that comes is read; an upload that is further ahead than the budget allows ends with an error, and what still comes
 * of one that has ended is thrown away.
 *
 * @throws RpcError RESOURCE_EXHAUSTED for an upload that is too far ahead; what the body fails with
 */
export async function* readAhead(
  body: ReadableStream<Uint8Array>,
  { budget, signal, stop, onBroken }: ReadAheadOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const ahead = new HeldChunks(budget);
  const reader = body.getReader();
  const onAbort = () => ahead.end(signal.reason);
  const onStop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", onAbort);
  stop.addEventListener("abort", onStop);
  const pump = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      ahead.push(value);
    }
  };
  const fail = (error: unknown) => {
    onBroken(error);
    ahead.end(error);
  };
  pump().then(() => ahead.finish(), fail).finally(() => stop.removeEventListener("abort", onStop));
  try {
    for (let chunk = await ahead.take(); chunk !== undefined; chunk = await ahead.take()) {
      yield chunk;
    }
  } finally {
    ahead.end(new Error("Nobody takes the upload"));
    signal.removeEventListener("abort", onAbort);
  }
}

/** Chunks that have come and are not taken. */
class HeldChunks {
  readonly #budget: UploadBudget;
  #chunks: Uint8Array[] = [];
  #octets = 0;
  #end: { readonly error?: unknown } | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(budget: UploadBudget) {
    this.#budget = budget;
  }

  push(chunk: Uint8Array): void {
    if (this.#end !== undefined) return;
    // The runtime hands out parts of buffers twice as large.
    this.#chunks.push(chunk.length < chunk.buffer.byteLength ? chunk.slice() : chunk);
    this.#count(chunk.length);
    if (this.#budget.octets > MAX_AHEAD_OCTETS && this.#octets > SHARE_OCTETS) {
      this.end(tooFarAhead());
    }
    this.#tell();
  }

  /** Nothing more comes. */
  finish(): void {
    this.#end ??= {};
    this.#tell();
  }

  /** Lets go of all chunks; who takes the next one fails with that. */
  end(error: unknown): void {
    if (this.#end?.error !== undefined) return;
    this.#end = { error };
    this.#chunks = [];
    this.#count(-this.#octets);
    this.#tell();
  }

  /** The next chunk, when it is there; undefined after the last. */
  async take(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#count(-chunk.length);
        return chunk;
      }
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return undefined;
      await untilChanged(this.#changed.promise);
    }
  }

  #count(octets: number): void {
    this.#octets += octets;
    this.#budget.octets += octets;
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function tooFarAhead(): RpcError {
  return new RpcError(
    Status.RESOURCE_EXHAUSTED,
    `Cannot read the upload any further: uploads are ${MAX_AHEAD_OCTETS >> 20} MiB ahead of the ` +
      "server, which is the limit; send a file of this size with broker stream",
  );
}

async function untilChanged(changed: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    const error = new Error(`Nothing came for ${STALL_MS / 1000} s`);
    timer = setTimeout(() => reject(error), STALL_MS);
  });
  try {
    await Promise.race([changed, expired]);
  } finally {
    clearTimeout(timer);
  }
}

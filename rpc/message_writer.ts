import type { Codec } from "./compression.ts";
import { encodeEnvelope, encodePrefix, ENVELOPE_OCTETS } from "./envelope.ts";
import type { ByteBuffer } from "./http2/mod.ts";
import { findInPlaceEncoder, type InPlaceEncode } from "./in_place_codec.ts";
import { hookEncoder, HookFailure, type MessageHook } from "./message_hooks.ts";
import { RpcError, Status } from "./status.ts";

/** Where a message writer puts its messages: a stream, or what stands in for one that is not open yet. */
export interface MessageTarget {
  readonly output: ByteBuffer;
  /** Sends what was appended; false while no more should be. */
  flush(): boolean;
}

/** Writes messages to one stream. The writer is told when to wait, and bounds memory only if it does. */
export class MessageWriter<Message> {
  /** Messages written so far. */
  count = 0;
  /** Sees each message as it is sent, uncompressed; false when it has seen enough. Undefined while nobody watches. */
  peek: ((index: number, octets: Uint8Array) => boolean) | undefined;
  /** Replaced by the stream once it is open. */
  target: MessageTarget;
  /** Compresses each message where it is set. */
  codec: Codec | undefined;

  #serialize: (message: Message) => Uint8Array;
  /** The same without an array for each message; undefined where there is no such form. */
  readonly #inPlace: InPlaceEncode<Message> | undefined;
  #isHooked = false;
  #full = false;
  #error: unknown;
  #waiters: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];

  constructor(target: MessageTarget, serialize: (message: Message) => Uint8Array) {
    this.target = target;
    this.#serialize = serialize;
    this.#inPlace = findInPlaceEncoder(serialize);
  }

  /** Octets of the messages, each with its prefix. Counted where they go, not for each of them. */
  get octets(): number {
    return this.target.output.totalOctets;
  }

  /** Lets each message that is written from now on pass these hooks first, in this order. */
  addHooks(hooks: readonly MessageHook[]): void {
    if (hooks.length === 0) return;
    this.#serialize = hookEncoder(this.#serialize, hooks);
    this.#isHooked = true;
  }

  /** Makes writers wait until the stream has room. */
  hold(): void {
    this.#full = true;
  }

  /**
   * Writes a message; false when the next one should wait for `ready()`.
   *
   * @throws RpcError `INTERNAL` if the message does not fit its type; what a hook throws.
   */
  send(message: Message): boolean {
    if (!this.#sendInPlace(message)) {
      const bytes = this.#encode(message);
      encodeEnvelope(this.target.output, bytes, { compressed: this.codec !== undefined });
    }
    this.count++;
    this.#full = !this.target.flush();
    return !this.#full;
  }

  /**
   * Where a caller may append messages that it has encoded itself, each with its prefix; it says so with
   * `sentEncoded()` in the same turn. Undefined where messages are compressed, or where somebody wants to see them.
   */
  get encodedOutput(): ByteBuffer | undefined {
    const isPlain = this.codec === undefined && !this.#isHooked && this.peek === undefined;
    return isPlain ? this.target.output : undefined;
  }

  /** Sends what was appended; as `send()`. */
  sentEncoded(count: number): boolean {
    this.count += count;
    this.#full = !this.target.flush();
    return !this.#full;
  }

  /** Settles when there is room; rejects if the call ends first. */
  ready(): Promise<void> {
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (!this.#full) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** The stream has room again. */
  writable(): void {
    this.#full = false;
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  /** The call is over: writers stop waiting. */
  fail(error: unknown): void {
    this.#error ??= error;
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  /** The hot path: encodes straight into the output. False where the message has to be seen, or encoded, by itself. */
  #sendInPlace(message: Message): boolean {
    const output = this.#inPlace === undefined ? undefined : this.encodedOutput;
    if (this.#inPlace === undefined || output === undefined) return false;
    let octets: number;
    try {
      octets = this.#inPlace(message, output, ENVELOPE_OCTETS);
    } catch {
      // The encoder meets the same, and says so as it always does.
      return false;
    }
    if (octets < 0) return false;
    // From the end: to make room for the message the output may have moved all that it holds.
    encodePrefix(output.bytes, output.length - octets - ENVELOPE_OCTETS, octets);
    return true;
  }

  #encode(message: Message): Uint8Array {
    try {
      const bytes = this.#serialize(message);
      if (this.peek !== undefined) this.#show(bytes);
      return this.codec === undefined ? bytes : this.codec.compress(bytes);
    } catch (cause) {
      if (cause instanceof HookFailure) throw cause.error;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RpcError(Status.INTERNAL, `Cannot encode a message: ${reason}`, { cause });
    }
  }

  /** Whoever looks must not harm the call: what it throws ends its looking. */
  #show(bytes: Uint8Array): void {
    try {
      if (this.peek?.(this.count, bytes) === false) this.peek = undefined;
    } catch {
      this.peek = undefined;
    }
  }
}

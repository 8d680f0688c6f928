import type { Codec } from "./compression.ts";
import { encodeEnvelope } from "./envelope.ts";
import type { ByteBuffer } from "./http2/mod.ts";
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
  /** Replaced by the stream once it is open. */
  target: MessageTarget;
  /** Compresses each message where it is set. */
  codec: Codec | undefined;

  #serialize: (message: Message) => Uint8Array;
  #full = false;
  #error: unknown;
  #waiters: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];

  constructor(target: MessageTarget, serialize: (message: Message) => Uint8Array) {
    this.target = target;
    this.#serialize = serialize;
  }

  /** Lets each message that is written from now on pass these hooks first, in this order. */
  addHooks(hooks: readonly MessageHook[]): void {
    if (hooks.length > 0) this.#serialize = hookEncoder(this.#serialize, hooks);
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
    const bytes = this.#encode(message);
    encodeEnvelope(this.target.output, bytes, { compressed: this.codec !== undefined });
    this.count++;
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

  #encode(message: Message): Uint8Array {
    try {
      const bytes = this.#serialize(message);
      return this.codec === undefined ? bytes : this.codec.compress(bytes);
    } catch (cause) {
      if (cause instanceof HookFailure) throw cause.error;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new RpcError(Status.INTERNAL, `Cannot encode a message: ${reason}`, { cause });
    }
  }
}

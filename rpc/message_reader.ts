import type { Codec } from "./compression.ts";
import { EnvelopeDecoder } from "./envelope.ts";
import type { Borrower, MessageBudget } from "./message_budget.ts";
import { findInPlaceDecoder, type InPlaceDecode } from "./in_place_codec.ts";
import { hookDecoder, HookFailure, type MessageHook } from "./message_hooks.ts";
import type { MessagePeek } from "./observation.ts";
import { RpcError, Status } from "./status.ts";

/** Octets that are taken back from the peer's window in one go while messages are read. */
const RELEASE_OCTETS = 16_384;

/** Where the window of a message reader is given back: a stream. */
export interface WindowSource {
  release(octets: number, options: { readonly drained: boolean }): void;
}

/**
 * The messages that a peer sends on one stream, as an async iterable; read it once.
 *
 * Octets wait undecoded and each message is decoded when it is asked for, so that a reader that does not read holds
 * the stream's window and nothing more. The window is given back as messages are read, and at once while the reader
 * waits: a message may be larger than the window. Where there is a budget, one that is has to be let in first.
 */
export class MessageReader<Message> implements AsyncIterableIterator<Message, undefined>, Borrower {
  /** Messages read so far. */
  count = 0;
  /** Octets that came so far, prefixes of messages among them. */
  octets = 0;
  /** Sees each message that `next()` hands out, after the hooks; undefined while nobody watches. */
  peek: MessagePeek | undefined;
  /** How compressed messages are to be read; undefined if the peer named no encoding. */
  codec: Codec | undefined;

  readonly #source: WindowSource;
  #deserialize: (bytes: Uint8Array) => Message;
  /** The same without a view of each message; undefined where there is no such form, or where hooks see messages. */
  #inPlace: InPlaceDecode<Message> | undefined;
  readonly #maxMessageOctets: number;
  readonly #onFailure: ((error: unknown) => void) | undefined;
  readonly #budget: MessageBudget | undefined;
  readonly #decoder: EnvelopeDecoder;
  /** Octets received and not released. */
  #unreleased = 0;
  /** Where the message that has begun to arrive stands with the budget. */
  #loan: "none" | "asked" | "granted" = "none";
  /** Set once nothing more comes: with an error, reads throw it after what is held. */
  #end: { readonly error?: unknown } | undefined;
  #waiter: ((result: Promise<IteratorResult<Message, undefined>>) => void) | undefined;

  constructor(
    source: WindowSource,
    options: {
      readonly deserialize: (bytes: Uint8Array) => Message;
      readonly maxMessageOctets: number;
      /** Told once when what came cannot be read; the read throws the same. */
      readonly onFailure?: (error: unknown) => void;
      /** Bounds what unfinished messages hold; none by default. */
      readonly budget?: MessageBudget;
    },
  ) {
    this.#source = source;
    this.#deserialize = options.deserialize;
    this.#inPlace = findInPlaceDecoder(options.deserialize);
    this.#maxMessageOctets = options.maxMessageOctets;
    this.#onFailure = options.onFailure;
    this.#budget = options.budget;
    this.#decoder = new EnvelopeDecoder(options);
  }

  /** Lets each message that is read from now on pass these hooks, in this order. */
  addHooks(hooks: readonly MessageHook[]): void {
    if (hooks.length === 0) return;
    this.#deserialize = hookDecoder(this.#deserialize, hooks);
    this.#inPlace = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next message. @throws RpcError when the call failed, or what came is no message. */
  next(): Promise<IteratorResult<Message, undefined>> {
    if (this.#waiter !== undefined) {
      return Promise.reject(new Error("Cannot read the next message before the last one came"));
    }
    const result = this.#poll();
    if (result !== undefined) return result;
    this.#awaitRest();
    return new Promise((resolve) => this.#waiter = resolve);
  }

  /**
   * The next message, if it is here: for readers on a hot path, without a promise. After undefined, `next()` waits for it,
   * or says why there is none.
   */
  takeNow(): { readonly value: Message } | undefined {
    try {
      return this.#decoder.next() ? { value: this.#take() } : undefined;
    } catch (error) {
      this.#reject(error);
      return undefined;
    }
  }

  /**
   * The messages that are here, at most `limit`; waits for the first one, and is empty at the end. For readers on a
   * hot path: no promise for each message.
   *
   * @throws RpcError as `next()` does, once the messages before it are read.
   */
  async nextBatch(limit: number): Promise<Message[]> {
    const first = await this.next();
    if (first.done) return [];
    const batch = [first.value];
    try {
      while (batch.length < limit && this.#decoder.next()) {
        batch.push(this.#decode());
        this.#countMessage();
      }
    } catch (error) {
      this.#reject(error);
    }
    return batch;
  }

  /** The reader has had enough: what is there and what comes is dropped. */
  return(): Promise<IteratorResult<Message, undefined>> {
    this.#decoder.clear();
    this.letGo();
    this.#end = {};
    this.#releaseAll();
    this.#settle();
    return Promise.resolve({ done: true, value: undefined });
  }

  // What the stream tells.

  /** A piece of the body. */
  push(chunk: Uint8Array): void {
    // Dropped, but the peer is not to wait for ever with what it has still to send.
    if (this.#end !== undefined) return this.#source.release(chunk.length, { drained: false });
    this.octets += chunk.length;
    this.#unreleased += chunk.length;
    this.#decoder.push(chunk);
    if (this.#waiter !== undefined) this.#settle();
  }

  /** The peer has sent all; `error` is thrown after the last message. */
  end(error?: unknown): void {
    this.#end ??= { error };
    this.#settle();
  }

  /** The call failed: what is held is dropped, the next read throws. */
  fail(error: unknown): void {
    this.#decoder.clear();
    this.letGo();
    this.#end = { error };
    this.#settle();
  }

  /** The stream has ended: the budget is for others, whether somebody still reads here or not. */
  letGo(): void {
    if (this.#loan === "none") return;
    this.#loan = "none";
    this.#budget?.giveBack(this);
  }

  /** What the budget tells: the rest of the message may come. */
  granted(): void {
    this.#loan = "granted";
    this.#releaseAll();
  }

  /** Answers a waiting read if it can be. */
  #settle(): void {
    const resolve = this.#waiter;
    if (resolve === undefined) return;
    // Not waiting while it polls: a failure that is told there ends the call, which comes back here.
    this.#waiter = undefined;
    const result = this.#poll();
    if (result !== undefined) return resolve(result);
    this.#waiter = resolve;
    this.#awaitRest();
  }

  /** The next message or the end; undefined if neither has come. */
  #poll(): Promise<IteratorResult<Message, undefined>> | undefined {
    try {
      if (this.#decoder.next()) return Promise.resolve({ done: false, value: this.#take() });
    } catch (error) {
      this.#reject(error);
    }
    if (this.#end === undefined) return undefined;
    if (this.#end.error !== undefined) return Promise.reject(this.#end.error);
    if (this.#decoder.heldOctets > 0) {
      const error = new RpcError(Status.INTERNAL, "The stream ended within a message");
      return Promise.reject(this.#reject(error));
    }
    // A call may live long after its last request: not its storage, which held the largest one.
    this.#decoder.clear();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** What came cannot be read, and so neither can what follows it. */
  #reject(error: unknown): unknown {
    this.#decoder.clear();
    this.letGo();
    this.#end = { error };
    this.#onFailure?.(error);
    return error;
  }

  #take(): Message {
    const value = this.#decode();
    if (this.peek !== undefined) this.#show(value);
    this.#countMessage();
    return value;
  }

  // Apart from the hot path: what a closure holds is allocated where it is declared, whether there is a closure or not.
  /** Whoever looks must not harm the call: what it throws ends its looking. */
  #show(message: Message): void {
    try {
      if (this.peek?.(this.count, () => message) === false) this.peek = undefined;
    } catch {
      this.peek = undefined;
    }
  }

  #countMessage(): void {
    const held = this.#decoder.heldOctets;
    this.count++;
    this.letGo();
    if (held === 0 || this.#unreleased - held >= RELEASE_OCTETS) this.#release();
  }

  /** The decoder's current message. */
  #decode(): Message {
    const decoder = this.#decoder;
    const { payloadStart, payloadEnd, compressed } = decoder;
    let octets: Uint8Array | undefined;
    if (compressed) octets = this.#decompress(decoder.payload);
    try {
      if (octets === undefined && this.#inPlace !== undefined) {
        return this.#inPlace(decoder.storage, payloadStart, payloadEnd);
      }
      return this.#deserialize(octets ?? decoder.payload);
    } catch (cause) {
      if (cause instanceof HookFailure) throw cause.error;
      const length = octets?.length ?? payloadEnd - payloadStart;
      throw new RpcError(
        Status.INTERNAL,
        `Cannot decode a message of ${length} octets: it does not fit its type`,
        { cause },
      );
    }
  }

  #decompress(payload: Uint8Array): Uint8Array {
    if (this.codec === undefined) {
      throw new RpcError(
        Status.INTERNAL,
        "Cannot read a compressed message: the call names no grpc-encoding",
      );
    }
    return this.codec.decompress(payload, this.#maxMessageOctets);
  }

  /** Gives back the window of what is no longer held. */
  #release(): void {
    const held = this.#decoder.heldOctets;
    const octets = this.#unreleased - held;
    if (octets <= 0) return;
    this.#unreleased = held;
    this.#source.release(octets, { drained: held === 0 });
  }

  /** The reader waits: the window of the held part of a message is given back too, once its rest may come. */
  #awaitRest(): void {
    this.#decoder.trim();
    const octets = this.#decoder.unfinishedOctets;
    if (this.#budget === undefined || octets === 0 || this.#loan === "granted") {
      return this.#releaseAll();
    }
    if (this.#loan === "asked") return;
    this.#loan = "asked";
    this.#release();
    this.#budget.take(this, octets);
  }

  /** Gives back the window of all that came. */
  #releaseAll(): void {
    if (this.#unreleased === 0) return;
    const octets = this.#unreleased;
    this.#unreleased = 0;
    this.#source.release(octets, { drained: true });
  }
}

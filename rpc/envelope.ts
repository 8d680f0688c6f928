import type { ByteBuffer } from "./http2/mod.ts";
import { RpcError, Status } from "./status.ts";

/** Octets before each message: a flag and the length (PROTOCOL-HTTP2, "Length-Prefixed-Message"). */
export const ENVELOPE_OCTETS = 5;

const EMPTY = new Uint8Array(0);
/** The storage of a stream of small messages: large enough that few messages are split over two. */
const STORAGE_OCTETS = 65_536;
const MIN_STORAGE_OCTETS = 512;
/** Larger storage is kept while what comes in one piece is no smaller a part of it: a frame, of the largest window. */
const KEPT_RATIO = 64;
/** The storage of a stream of large messages, unless one of them needs more. */
const MAX_STORAGE_OCTETS = 262_144;
/** How much more than it holds the storage of such a stream may be: memory is to follow what arrives. */
const MAX_GROWTH = 16;
/** The first storage, which the one small message of a unary call fits in: V8 keeps arrays of this size in its own heap. */
const FIRST_STORAGE_OCTETS = 64;

/** Appends a message with its prefix. */
export function encodeEnvelope(
  out: ByteBuffer,
  message: Uint8Array,
  options: { readonly compressed: boolean },
): void {
  const length = message.length;
  const at = out.extend(ENVELOPE_OCTETS + length);
  const bytes = out.bytes;
  encodePrefix(bytes, at, length);
  if (options.compressed) bytes[at] = 1;
  bytes.set(message, at + ENVELOPE_OCTETS);
}

/** Writes the prefix of an uncompressed message of `length` octets. */
export function encodePrefix(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = 0;
  bytes[at + 1] = length >>> 24;
  bytes[at + 2] = length >>> 16;
  bytes[at + 3] = length >>> 8;
  bytes[at + 4] = length;
}

/**
 * Cuts the body of a stream into messages.
 *
 * Pieces are copied into one storage, however small they arrive, so that a million one-octet frames cost no more than
 * their octets. Storage that a caller has had a view of is written once and never again: the message stays as it is. It
 * grows with what arrives, not with what a prefix announces.
 */
export class EnvelopeDecoder {
  /** Where the current message begins in `storage`. */
  payloadStart = 0;
  payloadEnd = 0;
  compressed = false;

  readonly #maxMessageOctets: number;
  #storage: Uint8Array = EMPTY;
  /** True once somebody has had a view of the storage. */
  #isShared = false;
  /** True for storage that was made for a large message. */
  #isForLarge = false;
  /** What the stream's storage has last come to hold. */
  #usualOctets = 0;
  #start = 0;
  #end = 0;

  constructor(options: { readonly maxMessageOctets: number }) {
    this.#maxMessageOctets = options.maxMessageOctets;
  }

  /** The current message; a view that stays valid. */
  get payload(): Uint8Array {
    this.#isShared = true;
    return this.#storage.subarray(this.payloadStart, this.payloadEnd);
  }

  /** What the current message lies in, for who reads it at once and keeps nothing of it. */
  get storage(): Uint8Array {
    return this.#storage;
  }

  /** Octets that are held. */
  get heldOctets(): number {
    return this.#end - this.#start;
  }

  /** Octets of the message that has begun to arrive, with its prefix; 0 while that is incomplete. */
  get unfinishedOctets(): number {
    if (this.heldOctets < ENVELOPE_OCTETS) return 0;
    return ENVELOPE_OCTETS + readLength(this.#storage, this.#start);
  }

  push(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#storage.length) this.#makeRoom(chunk.length);
    this.#storage.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /**
   * Moves to the next message; false when it has not arrived in full.
   *
   * @throws RpcError `RESOURCE_EXHAUSTED` above the limit, `INTERNAL` for a flag other than 0 and 1.
   */
  next(): boolean {
    const held = this.#end - this.#start;
    if (held < ENVELOPE_OCTETS) return false;
    const storage = this.#storage;
    const start = this.#start;
    const length = readLength(storage, start);
    const flag = storage[start];
    if (flag > 1) {
      throw new RpcError(Status.INTERNAL, `Cannot read a message with flag ${flag}: not 0 or 1`);
    }
    if (length > this.#maxMessageOctets) {
      throw new RpcError(
        Status.RESOURCE_EXHAUSTED,
        `Cannot receive a message of ${length} octets: at most ${this.#maxMessageOctets} are allowed`,
      );
    }
    if (held < ENVELOPE_OCTETS + length) return false;
    const from = start + ENVELOPE_OCTETS;
    this.payloadStart = from;
    this.payloadEnd = this.#start = from + length;
    this.compressed = flag === 1;
    return true;
  }

  /** Gives everything back. */
  clear(): void {
    this.#storage = EMPTY;
    this.#start = 0;
    this.#end = 0;
    this.payloadStart = 0;
    this.payloadEnd = 0;
    this.#isShared = false;
    this.#isForLarge = false;
    this.#usualOctets = 0;
  }

  /**
   * Lets go of large storage that is read and cannot be written again: the messages in it are their readers' now. A
   * stream of large messages has the next ones put together without copies, as its storage begins with the usual size.
   *
   * So it does of storage for a large message that left nobody a view: a hundred streams that wait are not to hold one
   * each. What small messages have filled is no more than the stream's window, and is kept.
   */
  trim(): void {
    const held = this.heldOctets;
    // The beginning of the next message may stay where it is, but not in the storage of a much larger one.
    const keptOctets = held === 0
      ? STORAGE_OCTETS
      : Math.max(MAX_STORAGE_OCTETS, MAX_GROWTH * held);
    if (this.#storage.length <= keptOctets || !(this.#isShared || this.#isForLarge)) return;
    const rest = this.#storage.subarray(this.#start, this.#end);
    const usualOctets = Math.min(this.#end, MAX_STORAGE_OCTETS);
    this.clear();
    this.#usualOctets = usualOctets;
    if (held > 0) this.push(rest);
  }

  /** Moves what is held into new storage that takes `octets` more, and half as much again to stay linear. */
  #makeRoom(octets: number): void {
    const held = this.#end - this.#start;
    const needed = held + octets;
    // Messages that were all read in place have left nobody a view: their room can be written again. What is copied is at
    // most as much as was read. Storage of a large message is not kept for small ones, but that of a busy stream is: a new
    // one for each read is garbage of 100 MB before V8 collects it.
    const capacity = this.#storage.length;
    const isFitting = capacity <= Math.max(STORAGE_OCTETS, KEPT_RATIO * needed);
    const canReuse = !this.#isShared && this.#start >= held && isFitting;
    if (canReuse && needed <= capacity) {
      this.#storage.copyWithin(0, this.#start, this.#end);
      this.payloadStart = this.payloadEnd = this.#start = 0;
      this.#end = held;
      return;
    }
    if (capacity > 0) this.#usualOctets = Math.min(2 * capacity, MAX_STORAGE_OCTETS);
    this.#isForLarge = this.unfinishedOctets > STORAGE_OCTETS;
    const storage = new Uint8Array(this.#roomFor(needed));
    storage.set(this.#storage.subarray(this.#start, this.#end));
    this.#storage = storage;
    this.#isShared = false;
    this.payloadStart = this.payloadEnd = this.#start = 0;
    this.#end = held;
  }

  #roomFor(needed: number): number {
    if (this.#storage.length === 0 && needed <= FIRST_STORAGE_OCTETS) return FIRST_STORAGE_OCTETS;
    const roomy = needed < STORAGE_OCTETS / 2 ? 2 * needed : Math.max(STORAGE_OCTETS, 1.5 * needed);
    const usual = Math.min(this.#usualOctets, MAX_GROWTH * needed);
    return Math.max(Math.ceil(roomy), MIN_STORAGE_OCTETS, usual);
  }
}

function readLength(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 1] << 24) | (bytes[at + 2] << 16) | (bytes[at + 3] << 8) | bytes[at + 4]) >>>
    0;
}

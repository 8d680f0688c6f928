import type { ByteBuffer } from "./http2/mod.ts";
import { RpcError, Status } from "./status.ts";

/** Octets before each message: a flag and the length (PROTOCOL-HTTP2, "Length-Prefixed-Message"). */
export const ENVELOPE_OCTETS = 5;

const EMPTY = new Uint8Array(0);
/** The storage of a stream of small messages: large enough that few messages are split over two. */
const STORAGE_OCTETS = 65_536;
const MIN_STORAGE_OCTETS = 512;

/** Appends a message with its prefix. */
export function encodeEnvelope(
  out: ByteBuffer,
  message: Uint8Array,
  options: { readonly compressed: boolean },
): void {
  const length = message.length;
  const at = out.extend(ENVELOPE_OCTETS + length);
  const bytes = out.bytes;
  bytes[at] = options.compressed ? 1 : 0;
  bytes[at + 1] = length >>> 24;
  bytes[at + 2] = length >>> 16;
  bytes[at + 3] = length >>> 8;
  bytes[at + 4] = length;
  bytes.set(message, at + ENVELOPE_OCTETS);
}

/**
 * Cuts the body of a stream into messages.
 *
 * Pieces are copied into one storage, however small they arrive, so that a million one-octet frames cost no more than
 * their octets. Storage is written once and never again: a message that a caller keeps a view of stays as it is. It
 * grows with what arrives, not with what a prefix announces.
 */
export class EnvelopeDecoder {
  /** The current message; a view that stays valid. */
  payload: Uint8Array = EMPTY;
  compressed = false;

  readonly #maxMessageOctets: number;
  #storage: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;

  constructor(options: { readonly maxMessageOctets: number }) {
    this.#maxMessageOctets = options.maxMessageOctets;
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
    this.payload = storage.subarray(from, from + length);
    this.compressed = flag === 1;
    this.#start = from + length;
    return true;
  }

  /** Gives everything back. */
  clear(): void {
    this.#storage = EMPTY;
    this.#start = 0;
    this.#end = 0;
    this.payload = EMPTY;
  }

  /** Moves what is held into new storage that takes `octets` more, and half as much again to stay linear. */
  #makeRoom(octets: number): void {
    const held = this.#end - this.#start;
    const needed = held + octets;
    const roomy = needed < STORAGE_OCTETS / 2 ? 2 * needed : Math.max(STORAGE_OCTETS, 1.5 * needed);
    const storage = new Uint8Array(Math.max(Math.ceil(roomy), MIN_STORAGE_OCTETS));
    storage.set(this.#storage.subarray(this.#start, this.#end));
    this.#storage = storage;
    this.#start = 0;
    this.#end = held;
  }
}

function readLength(bytes: Uint8Array, at: number): number {
  return ((bytes[at + 1] << 24) | (bytes[at + 2] << 16) | (bytes[at + 3] << 8) | bytes[at + 4]) >>>
    0;
}

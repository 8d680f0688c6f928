import { ErrorCode } from "./constants.ts";
import { connectionError } from "./http2_error.ts";
import type { Http2Limits } from "./limits.ts";

/** A header block that may be spread over a HEADERS frame and CONTINUATIONs (RFC 9113 section 6.10). */
export class HeaderBlock {
  /** The stream whose block is incomplete; 0 between blocks. While it is not 0, only CONTINUATIONs may come. */
  streamId = 0;
  endStream = false;

  readonly #limits: Http2Limits;
  #pieces: Uint8Array[] = [];
  #octets = 0;
  #continuations = 0;

  constructor(limits: Http2Limits) {
    this.#limits = limits;
  }

  /** Starts a block whose first fragment did not end it. */
  begin(streamId: number, fragment: Uint8Array, endStream: boolean): void {
    this.streamId = streamId;
    this.endStream = endStream;
    this.#continuations = 0;
    this.#keep(fragment);
  }

  /**
   * Adds a CONTINUATION.
   *
   * @throws Http2Error `ENHANCE_YOUR_CALM` above the limits on frames or octets of one block.
   */
  append(fragment: Uint8Array): void {
    this.#continuations++;
    if (this.#continuations > this.#limits.maxContinuations) {
      throw connectionError(
        ErrorCode.ENHANCE_YOUR_CALM,
        `Cannot take more than ${this.#limits.maxContinuations} CONTINUATION frames in a header block`,
      );
    }
    this.#keep(fragment);
  }

  /** The whole block; the next one may begin. */
  finish(): Uint8Array {
    const block = new Uint8Array(this.#octets);
    let at = 0;
    for (const piece of this.#pieces) {
      block.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    this.#octets = 0;
    this.streamId = 0;
    return block;
  }

  /** Copies the fragment: its buffer is read into again. */
  #keep(fragment: Uint8Array): void {
    this.#octets += fragment.length;
    if (this.#octets > this.#limits.maxHeaderBlockOctets) {
      throw connectionError(
        ErrorCode.ENHANCE_YOUR_CALM,
        `Cannot take a header block above ${this.#limits.maxHeaderBlockOctets} octets`,
      );
    }
    this.#pieces.push(fragment.slice());
  }
}

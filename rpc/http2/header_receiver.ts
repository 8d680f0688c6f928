import { ErrorCode, Flag, FrameType } from "./constants.ts";
import type { FrameDecoder } from "./frame_decoder.ts";
import { checkDependency, frameSizeError, protocolError, stripPadding } from "./frame_payload.ts";
import { HeaderBlock } from "./header_block.ts";
import type { HeaderField } from "./header_field.ts";
import { HpackDecoder, HpackError } from "./hpack/mod.ts";
import { connectionError, Http2Error, streamError } from "./http2_error.ts";
import type { Http2Limits } from "./limits.ts";
import { checkTrailers, parseRequestHead, parseResponseHead } from "./message_head.ts";
import type { Http2Stream } from "./stream.ts";
import type { StreamKeeper } from "./stream_keeper.ts";

/**
 * Acts on HEADERS and CONTINUATION (RFC 9113 sections 6.2 and 6.10): joins the block, decodes it, and takes it for a
 * request, a response head or trailers. A malformed message ends its stream; all other faults end the connection.
 */
export class HeaderReceiver {
  readonly #role: "server" | "client";
  readonly #keeper: StreamKeeper;
  readonly #frame: FrameDecoder;
  readonly #hpack: HpackDecoder;
  readonly #block: HeaderBlock;

  constructor(
    options: {
      readonly role: "server" | "client";
      readonly limits: Http2Limits;
      readonly keeper: StreamKeeper;
    },
    frame: FrameDecoder,
  ) {
    const { role, limits, keeper } = options;
    this.#role = role;
    this.#keeper = keeper;
    this.#frame = frame;
    this.#hpack = new HpackDecoder({
      maxListOctets: limits.maxHeaderListOctets,
      maxFields: limits.maxHeaderFields,
    });
    this.#block = new HeaderBlock(limits);
  }

  /** True while a header block is incomplete: the peer owes CONTINUATION. */
  get inBlock(): boolean {
    return this.#block.streamId !== 0;
  }

  /** Refuses any frame but the CONTINUATION that is owed. */
  expectContinuation(): void {
    const { type, streamId } = this.#frame;
    if (type !== FrameType.CONTINUATION || streamId !== this.#block.streamId) {
      throw protocolError(
        `Cannot take another frame before the header block of stream ${this.#block.streamId} ends`,
      );
    }
  }

  onHeaders(): void {
    const { streamId, flags, payload } = this.#frame;
    if (streamId === 0) throw protocolError("Cannot take HEADERS on stream 0");
    if (this.#role === "server" && streamId % 2 === 0) {
      throw protocolError(`Cannot take HEADERS on stream ${streamId}: a client's ids are odd`);
    }
    this.#keeper.admit(streamId, "HEADERS");
    let fragment = stripPadding(payload, flags);
    if ((flags & Flag.PRIORITY) !== 0) {
      if (fragment.length < 5) throw frameSizeError("HEADERS with priority", fragment.length);
      checkDependency(fragment, streamId);
      fragment = fragment.subarray(5);
    }
    const endStream = (flags & Flag.END_STREAM) !== 0;
    if ((flags & Flag.END_HEADERS) !== 0) this.#onBlock(streamId, fragment, endStream);
    else this.#block.begin(streamId, fragment, endStream);
  }

  onContinuation(): void {
    const { streamId, flags, payload } = this.#frame;
    if (!this.inBlock) {
      throw protocolError(
        `Cannot take CONTINUATION on stream ${streamId}: no header block is open`,
      );
    }
    this.#block.append(payload);
    if ((flags & Flag.END_HEADERS) !== 0) {
      this.#onBlock(streamId, this.#block.finish(), this.#block.endStream);
    }
  }

  /** Decodes every block, also those that are dropped: the compression table has to stay in step. */
  #onBlock(streamId: number, block: Uint8Array, endStream: boolean): void {
    const { fields, withinLimits, listOctets } = this.#decode(block);
    const { table } = this.#keeper;
    const stream = table.get(streamId);
    const isRequest = this.#role === "server" && streamId > table.lastPeerId;
    if (stream === undefined && !isRequest) return;
    if (stream === undefined && !withinLimits) {
      return this.#keeper.refuseLargeHead(streamId, endStream);
    }
    try {
      if (!withinLimits) throw malformed("Cannot take a header list above the limit");
      if (stream === undefined) {
        const head = parseRequestHead(fields);
        return this.#keeper.accept(streamId, head, { endStream, headerOctets: listOctets });
      }
      const isHead = this.#role === "client" && !stream.headReceived;
      if (isHead) this.#onResponseHead(stream, fields, endStream);
      else this.#onTrailers(stream, fields, endStream);
    } catch (error) {
      if (!(error instanceof Http2Error) || error.scope !== "stream") throw error;
      this.#keeper.fault(streamId, error.code);
    }
  }

  #decode(block: Uint8Array) {
    try {
      return this.#hpack.decode(block);
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
      throw connectionError(ErrorCode[error.code], error.message);
    }
  }

  /** The final response head; interim ones are skipped (RFC 9110 section 15.2). */
  #onResponseHead(stream: Http2Stream, fields: readonly HeaderField[], endStream: boolean): void {
    const head = parseResponseHead(fields);
    if (head.status < 200) {
      if (endStream) throw malformed("Cannot end with an interim response");
      return;
    }
    stream.headReceived = true;
    if (endStream) stream.markEnd("remote");
    else stream.bodyLeft = head.contentLength;
    stream.listener.head(head, endStream);
    if (endStream) this.#keeper.remoteEnded(stream);
  }

  #onTrailers(stream: Http2Stream, fields: readonly HeaderField[], endStream: boolean): void {
    if (!endStream) throw malformed("Cannot take trailers without END_STREAM");
    checkTrailers(fields);
    if (stream.bodyLeft !== undefined && stream.bodyLeft > 0) {
      throw malformed("Cannot end before content-length is reached");
    }
    stream.markEnd("remote");
    stream.listener.trailers(fields);
    this.#keeper.remoteEnded(stream);
  }
}

function malformed(message: string): Http2Error {
  return streamError(ErrorCode.PROTOCOL_ERROR, message);
}

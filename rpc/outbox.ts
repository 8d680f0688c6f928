import { ByteBuffer } from "./http2/mod.ts";
import type { MessageTarget } from "./message_writer.ts";

/** Octets that are kept for a transparent retry; a call that has sent more is committed. */
const KEPT_OCTETS = 262_144;
/** Octets written before the stream is open, above which the writer waits. */
const WAITING_OCTETS = 65_536;

/**
 * What a call has sent, kept until the server is known to have seen it: the messages of a stream that is not open yet,
 * and of one that may have to be opened again (gRPC proposal A6).
 */
export class Outbox {
  #kept: ByteBuffer | undefined = new ByteBuffer();

  /** True while all that was sent could be sent again. */
  get isComplete(): boolean {
    return this.#kept !== undefined;
  }

  /** Where messages go while there is no stream. */
  waiting(): MessageTarget {
    const output = this.#kept ?? new ByteBuffer();
    return { output, flush: () => output.length < WAITING_OCTETS };
  }

  /**
   * Hands all that is kept to an open stream, and what follows as well. Calls `overflow` once too much has been sent to
   * keep it: the writer is to use the stream itself then.
   */
  moveTo(stream: MessageTarget, overflow: () => void): MessageTarget {
    const kept = this.#kept;
    if (kept === undefined) return stream;
    let handedOver = 0;
    const handOver = () => {
      stream.output.append(kept.bytes.subarray(handedOver, kept.length));
      handedOver = kept.length;
    };
    handOver();
    return {
      output: kept,
      flush: () => {
        handOver();
        if (kept.length > KEPT_OCTETS) overflow();
        return stream.flush();
      },
    };
  }

  /** The server has answered, or too much was sent to repeat it. */
  drop(): void {
    this.#kept = undefined;
  }
}

import { ErrorCode, Flag, FrameType, MAX_31_BIT } from "./constants.ts";
import type { FrameDecoder } from "./frame_decoder.ts";
import { encodeSettingsAck, encodeWindowUpdate } from "./frame_encoder.ts";
import {
  checkDependency,
  frameSizeError,
  protocolError,
  readUint32,
  stripPadding,
} from "./frame_payload.ts";
import { HeaderReceiver } from "./header_receiver.ts";
import { connectionError } from "./http2_error.ts";
import type { Http2Limits } from "./limits.ts";
import type { PeerConduct } from "./peer_conduct.ts";
import { ReceiveWindow } from "./receive_window.ts";
import type { Sender } from "./sender.ts";
import { decodeSettings } from "./settings.ts";
import type { StreamKeeper } from "./stream_keeper.ts";

/** What the receiver needs of its connection. */
export interface ReceiverHost {
  readonly role: "server" | "client";
  readonly limits: Http2Limits;
  readonly keeper: StreamKeeper;
  readonly sender: Sender;
  readonly conduct: PeerConduct;
  settingsReceived(): void;
  pingReceived(payload: Uint8Array, ack: boolean): void;
  goAwayReceived(lastStreamId: number, code: number, debug: string): void;
}

/** Octets of a GOAWAY's debug text that are read. */
const MAX_DEBUG_OCTETS = 256;

/**
 * Acts on received frames, one `frame()` call each. Knows the rules of RFC 9113 section 6; every rule that is broken
 * throws the connection's end, but for a malformed message, which ends its stream.
 */
export class Receiver {
  readonly #host: ReceiverHost;
  readonly #frame: FrameDecoder;
  readonly #headers: HeaderReceiver;
  readonly #window: ReceiveWindow;
  #settingsSeen = false;
  #settingsAcknowledged = false;

  constructor(host: ReceiverHost, frame: FrameDecoder) {
    this.#host = host;
    this.#frame = frame;
    this.#headers = new HeaderReceiver(host, frame);
    this.#window = new ReceiveWindow(host.limits.connectionWindowOctets);
  }

  /** True while a header block is incomplete: the peer owes CONTINUATION. */
  get inHeaderBlock(): boolean {
    return this.#headers.inBlock;
  }

  /** Acts on the decoder's current frame. @throws Http2Error of scope `connection` */
  frame(): void {
    const { type, streamId } = this.#frame;
    if (this.#headers.inBlock) this.#headers.expectContinuation();
    else if (!this.#settingsSeen) this.#expectSettings();
    switch (type) {
      case FrameType.DATA:
        return this.#onData();
      case FrameType.HEADERS:
        return this.#headers.onHeaders();
      case FrameType.CONTINUATION:
        return this.#headers.onContinuation();
      case FrameType.WINDOW_UPDATE:
        return this.#onWindowUpdate();
      case FrameType.RST_STREAM:
        return this.#onReset();
      case FrameType.SETTINGS:
        return this.#onSettings();
      case FrameType.PING:
        return this.#onPing();
      case FrameType.GOAWAY:
        return this.#onGoAway();
      case FrameType.PRIORITY:
        return this.#onPriority();
      case FrameType.PUSH_PROMISE:
        throw protocolError(`Cannot take PUSH_PROMISE on stream ${streamId}: push is disabled`);
      default:
        this.#host.conduct.oddFrame();
    }
  }

  #expectSettings(): void {
    if (this.#frame.type !== FrameType.SETTINGS || (this.#frame.flags & Flag.ACK) !== 0) {
      throw protocolError("Cannot start: the first frame is not SETTINGS");
    }
  }

  // DATA (section 6.1): the connection's window is credited on receipt, whatever becomes of the frame, the stream's
  // when the application reads.
  #onData(): void {
    const { streamId, flags, payload } = this.#frame;
    if (streamId === 0) throw protocolError("Cannot take DATA on stream 0");
    const frameOctets = payload.length;
    if (!this.#window.receive(frameOctets)) {
      throw connectionError(
        ErrorCode.FLOW_CONTROL_ERROR,
        "Cannot take DATA beyond the connection's window",
      );
    }
    this.#announce(0, this.#window.release(frameOctets));
    const data = stripPadding(payload, flags);
    const endStream = (flags & Flag.END_STREAM) !== 0;
    if (data.length === 0 && !endStream) this.#host.conduct.emptyData();
    const stream = this.#host.keeper.admit(streamId, "DATA");
    if (stream === undefined) {
      // Under way when the stream ended, within its window: the peer could not know. More than that is odd.
      if (!this.#host.keeper.table.chargeLate(streamId, frameOctets)) {
        this.#host.conduct.oddFrame();
      }
      return;
    }
    if (!stream.receiveWindow.receive(frameOctets)) {
      throw connectionError(
        ErrorCode.FLOW_CONTROL_ERROR,
        `Cannot take DATA beyond the window of stream ${streamId}`,
      );
    }
    stream.release(frameOctets - data.length, { drained: false });
    if (this.#host.role === "client" && !stream.headReceived) {
      return this.#host.keeper.fault(streamId, ErrorCode.PROTOCOL_ERROR);
    }
    if (stream.bodyLeft !== undefined) {
      stream.bodyLeft -= data.length;
      if (stream.bodyLeft < 0 || (endStream && stream.bodyLeft > 0)) {
        return this.#host.keeper.fault(streamId, ErrorCode.PROTOCOL_ERROR);
      }
    }
    if (endStream) stream.markEnd("remote");
    stream.listener.data(data, endStream);
    if (endStream) this.#host.keeper.remoteEnded(stream);
  }

  // PRIORITY (section 6.3): checked and otherwise without effect; RFC 9113 section 5.3.2 gave the scheme up.
  #onPriority(): void {
    const { streamId, payload } = this.#frame;
    if (streamId === 0) throw protocolError("Cannot take PRIORITY on stream 0");
    if (payload.length !== 5) throw frameSizeError("PRIORITY", payload.length);
    checkDependency(payload, streamId);
    this.#host.conduct.oddFrame();
  }

  #onReset(): void {
    const { streamId, payload } = this.#frame;
    if (streamId === 0) throw protocolError("Cannot take RST_STREAM on stream 0");
    if (payload.length !== 4) throw frameSizeError("RST_STREAM", payload.length);
    const stream = this.#host.keeper.admit(streamId, "RST_STREAM");
    if (stream === undefined) return;
    if (this.#host.role === "server" && !stream.endQueued) this.#host.conduct.resetReceived();
    const code = readUint32(payload, 0);
    this.#host.keeper.close(stream, { kind: "reset", origin: "remote", code });
  }

  #onSettings(): void {
    const { streamId, flags, payload } = this.#frame;
    const { limits, sender, keeper, conduct } = this.#host;
    if (streamId !== 0) throw protocolError(`Cannot take SETTINGS on stream ${streamId}`);
    if ((flags & Flag.ACK) !== 0) {
      if (payload.length !== 0) throw frameSizeError("SETTINGS with ACK", payload.length);
      if (this.#settingsAcknowledged) conduct.oddFrame();
      this.#settingsAcknowledged = true;
      return;
    }
    if (this.#settingsSeen) conduct.oddFrame();
    const entries = decodeSettings(payload, limits.maxSettingsEntries);
    if (!sender.applySettings(entries, keeper.table.values())) {
      throw connectionError(
        ErrorCode.FLOW_CONTROL_ERROR,
        "Cannot take an INITIAL_WINDOW_SIZE that lifts a stream's window above 2^31-1",
      );
    }
    sender.reply(encodeSettingsAck);
    this.#settingsSeen = true;
    this.#host.settingsReceived();
  }

  #onPing(): void {
    const { streamId, flags, payload } = this.#frame;
    if (streamId !== 0) throw protocolError(`Cannot take PING on stream ${streamId}`);
    if (payload.length !== 8) throw frameSizeError("PING", payload.length);
    this.#host.pingReceived(payload, (flags & Flag.ACK) !== 0);
  }

  #onGoAway(): void {
    const { streamId, payload } = this.#frame;
    if (streamId !== 0) throw protocolError(`Cannot take GOAWAY on stream ${streamId}`);
    if (payload.length < 8) throw frameSizeError("GOAWAY", payload.length);
    const debug = new TextDecoder().decode(payload.subarray(8, 8 + MAX_DEBUG_OCTETS));
    this.#host.goAwayReceived(readUint32(payload, 0) & MAX_31_BIT, readUint32(payload, 4), debug);
  }

  #onWindowUpdate(): void {
    const { streamId, payload } = this.#frame;
    if (payload.length !== 4) throw frameSizeError("WINDOW_UPDATE", payload.length);
    const increment = readUint32(payload, 0) & MAX_31_BIT;
    if (increment === 0) {
      throw protocolError(`Cannot take WINDOW_UPDATE on stream ${streamId}: the increment is 0`);
    }
    this.#host.conduct.windowUpdate();
    const stream = streamId === 0 ? undefined : this.#host.keeper.admit(streamId, "WINDOW_UPDATE");
    if (streamId !== 0 && stream === undefined) return;
    if (this.#host.sender.openWindow(stream, increment)) return;
    // h2spec insists on a stream error here; the budget on resets bounds it.
    if (stream !== undefined) {
      return this.#host.keeper.fault(streamId, ErrorCode.FLOW_CONTROL_ERROR);
    }
    throw connectionError(
      ErrorCode.FLOW_CONTROL_ERROR,
      "Cannot take WINDOW_UPDATE on the connection: the window would exceed 2^31-1",
    );
  }

  #announce(streamId: number, increment: number): void {
    if (increment > 0) {
      this.#host.sender.control((out) => encodeWindowUpdate(out, streamId, increment));
    }
  }
}

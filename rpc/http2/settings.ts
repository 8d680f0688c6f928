import { DEFAULT_WINDOW_OCTETS, ErrorCode, MAX_31_BIT, SettingId } from "./constants.ts";
import { connectionError } from "./http2_error.ts";

/** One entry of a SETTINGS frame. */
export interface SettingEntry {
  readonly id: number;
  readonly value: number;
}

/** What the peer told us about itself. Sizes in octets. */
export interface PeerSettings {
  headerTableOctets: number;
  maxConcurrentStreams: number;
  initialWindowOctets: number;
  maxFrameOctets: number;
  maxHeaderListOctets: number;
}

/** The values before any SETTINGS arrive (RFC 9113 section 6.5.2). */
export function createPeerSettings(): PeerSettings {
  return {
    headerTableOctets: 4096,
    maxConcurrentStreams: Infinity,
    initialWindowOctets: DEFAULT_WINDOW_OCTETS,
    maxFrameOctets: 16_384,
    maxHeaderListOctets: Infinity,
  };
}

/**
 * Reads the payload of a SETTINGS frame; unknown settings are left out, later entries win.
 *
 * @throws Http2Error with the code that RFC 9113 section 6.5 asks for; `ENHANCE_YOUR_CALM` above `maxEntries`.
 */
export function decodeSettings(payload: Uint8Array, maxEntries: number): SettingEntry[] {
  if (payload.length % 6 !== 0) {
    throw connectionError(
      ErrorCode.FRAME_SIZE_ERROR,
      `Cannot read SETTINGS: ${payload.length} octets are not a multiple of 6`,
    );
  }
  if (payload.length / 6 > maxEntries) {
    throw connectionError(
      ErrorCode.ENHANCE_YOUR_CALM,
      `Cannot take ${payload.length / 6} settings in one frame: at most ${maxEntries} are allowed`,
    );
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const entries: SettingEntry[] = [];
  for (let at = 0; at < payload.length; at += 6) {
    const entry = { id: view.getUint16(at), value: view.getUint32(at + 2) };
    checkSetting(entry);
    entries.push(entry);
  }
  return entries;
}

function checkSetting({ id, value }: SettingEntry): void {
  switch (id) {
    case SettingId.ENABLE_PUSH:
      if (value > 1) throw wrongValue("ENABLE_PUSH", value, ErrorCode.PROTOCOL_ERROR);
      break;
    case SettingId.INITIAL_WINDOW_SIZE:
      if (value > MAX_31_BIT) {
        throw wrongValue("INITIAL_WINDOW_SIZE", value, ErrorCode.FLOW_CONTROL_ERROR);
      }
      break;
    case SettingId.MAX_FRAME_SIZE:
      if (value < 16_384 || value > 0xff_ffff) {
        throw wrongValue("MAX_FRAME_SIZE", value, ErrorCode.PROTOCOL_ERROR);
      }
      break;
  }
}

function wrongValue(name: string, value: number, code: number) {
  return connectionError(code, `Cannot take the setting ${name}: ${value} is out of range`);
}

/** Stores entries that `decodeSettings()` has checked. */
export function applySettings(settings: PeerSettings, entries: readonly SettingEntry[]): void {
  for (const { id, value } of entries) {
    switch (id) {
      case SettingId.HEADER_TABLE_SIZE:
        settings.headerTableOctets = value;
        break;
      case SettingId.MAX_CONCURRENT_STREAMS:
        settings.maxConcurrentStreams = value;
        break;
      case SettingId.INITIAL_WINDOW_SIZE:
        settings.initialWindowOctets = value;
        break;
      case SettingId.MAX_FRAME_SIZE:
        settings.maxFrameOctets = value;
        break;
      case SettingId.MAX_HEADER_LIST_SIZE:
        settings.maxHeaderListOctets = value;
        break;
    }
  }
}

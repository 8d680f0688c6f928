import type { ByteBuffer } from "./byte_buffer.ts";
import { CONNECTION_PREFACE, DEFAULT_WINDOW_OCTETS, SettingId } from "./constants.ts";
import { encodeSettings, encodeWindowUpdate } from "./frame_encoder.ts";
import type { Http2Limits } from "./limits.ts";

const HTTP1_REQUEST = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) /;
const LONGEST_METHOD = "OPTIONS ".length;

const HTTP1_TEXT =
  "This port speaks gRPC, which needs HTTP/2 from the first octet on (no upgrade). " +
  "A page for browsers, if there is one, is on another port.\n";

/** What an HTTP/1 client gets for any request: a browser, curl, or a probe shows it to whoever sent it here. */
export const HTTP1_ANSWER: Uint8Array = new TextEncoder().encode(
  "HTTP/1.1 505 HTTP Version Not Supported\r\n" +
    "content-type: text/plain; charset=utf-8\r\n" +
    `content-length: ${HTTP1_TEXT.length}\r\n` +
    `connection: close\r\n\r\n${HTTP1_TEXT}`,
);

/** True if a connection that begins like this is one of HTTP/1. */
export function isHttp1Request(beginning: Uint8Array): boolean {
  return HTTP1_REQUEST.test(String.fromCharCode(...beginning.subarray(0, LONGEST_METHOD)));
}

/** What a side says first (RFC 9113 section 3.4): its settings, and how much all streams together may send. */
export function encodePreface(
  out: ByteBuffer,
  { role, limits }: { readonly role: "server" | "client"; readonly limits: Http2Limits },
): void {
  if (role === "client") out.append(CONNECTION_PREFACE);
  encodeSettings(out, [
    ...(role === "client"
      ? [{ id: SettingId.ENABLE_PUSH, value: 0 }]
      : [{ id: SettingId.MAX_CONCURRENT_STREAMS, value: limits.maxConcurrentStreams }]),
    { id: SettingId.INITIAL_WINDOW_SIZE, value: limits.initialWindowOctets },
    { id: SettingId.MAX_FRAME_SIZE, value: limits.maxFrameOctets },
    { id: SettingId.MAX_HEADER_LIST_SIZE, value: limits.maxHeaderListOctets },
  ]);
  const more = limits.connectionWindowOctets - DEFAULT_WINDOW_OCTETS;
  if (more > 0) encodeWindowUpdate(out, 0, more);
}

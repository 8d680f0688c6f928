const HEX = "0123456789ABCDEF";
const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder();

/**
 * Writes a status message as `grpc-message`: UTF-8, then percent-encoding of all but printable ASCII without `%`.
 *
 * Source: PROTOCOL-HTTP2, "Status-Message".
 */
export function encodeStatusMessage(message: string): string {
  if (/^[\x20-\x24\x26-\x7e]*$/.test(message)) return message;
  let encoded = "";
  for (const octet of utf8Encoder.encode(message)) {
    const plain = octet >= 0x20 && octet <= 0x7e && octet !== 0x25;
    encoded += plain ? String.fromCharCode(octet) : `%${HEX[octet >> 4]}${HEX[octet & 15]}`;
  }
  return encoded;
}

/**
 * Reads `grpc-message`. Never throws and never loses the message: a `%` that is not followed by two hex digits stands
 * for itself, octets that are not UTF-8 become U+FFFD.
 */
export function decodeStatusMessage(encoded: string): string {
  if (!/[%\u0080-\uffff]/.test(encoded)) return encoded;
  const octets: number[] = [];
  for (let at = 0; at < encoded.length; at++) {
    const hex = encoded.slice(at + 1, at + 3);
    if (encoded[at] === "%" && /^[0-9a-fA-F]{2}$/.test(hex)) {
      octets.push(parseInt(hex, 16));
      at += 2;
    } else {
      octets.push(encoded.charCodeAt(at) & 0xff);
    }
  }
  return utf8Decoder.decode(Uint8Array.from(octets));
}

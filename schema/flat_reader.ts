/** The longest text that is read here, in octets: a longer one costs more than its copy. */
export const MAX_TEXT_OCTETS = 64;

/** Far past the end of any message, and yet a small integer. */
const GAVE_UP = 1 << 29;

const SCRATCH = new ArrayBuffer(8);
const WORDS = new Uint32Array(SCRATCH);
const FLOATS = new Float32Array(SCRATCH);
// Low word first, as on every machine that Deno runs on.
const DOUBLES = new Float64Array(SCRATCH);

/** An array of each length, as `String.fromCharCode.apply` is fastest with (see `rpc/http2/hpack/latin1.ts`). */
const CODES = Array.from({ length: MAX_TEXT_OCTETS + 1 }, (_, length) => new Array(length).fill(0));

/**
 * Reads the values of fields as protobufjs's `Reader` does, as far as it reads them at all.
 *
 * Nothing is thrown and nothing checked on the way: what is cut off, or not for this reader, leaves `at` past the end,
 * where the caller looks once for the whole message. Reading there finds octets of the next message, or none.
 */
export class FlatReader {
  /** Where the next value begins. */
  at = 0;

  /** A varint of up to 32 bits; of a longer one, as of each negative number, the lower half. */
  varint(bytes: Uint8Array): number {
    let octet = bytes[this.at++];
    if (octet < 0x80) return octet;
    let value = octet & 0x7f;
    octet = bytes[this.at++];
    value |= (octet & 0x7f) << 7;
    if (octet < 0x80) return value;
    octet = bytes[this.at++];
    value |= (octet & 0x7f) << 14;
    if (octet < 0x80) return value;
    octet = bytes[this.at++];
    value |= (octet & 0x7f) << 21;
    if (octet < 0x80) return value;
    octet = bytes[this.at++];
    value |= (octet & 0x0f) << 28;
    if (octet >= 0x80) this.at += 5;
    return value >>> 0;
  }

  /** A varint from 0 to 2^53 - 1, as text. */
  long(bytes: Uint8Array): string {
    let value = 0;
    for (let factor = 1; factor < 2 ** 56; factor *= 128) {
      const octet = bytes[this.at++];
      value += (octet & 0x7f) * factor;
      if (octet < 0x80) return this.#text(value);
    }
    return this.giveUp();
  }

  /** A zigzag varint from 0 to 2^53 - 1, or the negative of one, as text. */
  zigzagLong(bytes: Uint8Array): string {
    const text = this.long(bytes);
    const value = Number(text);
    return value % 2 === 0 ? String(value / 2) : String(-(value + 1) / 2);
  }

  fixed32(bytes: Uint8Array): number {
    const { at } = this;
    this.at = at + 4;
    return (bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24) >>> 0;
  }

  /** Eight octets for 0 to 2^53 - 1, as text. */
  fixed64(bytes: Uint8Array): string {
    const low = this.fixed32(bytes);
    return this.#text(this.fixed32(bytes) * 2 ** 32 + low);
  }

  float(bytes: Uint8Array): number {
    WORDS[0] = this.fixed32(bytes);
    return FLOATS[0];
  }

  double(bytes: Uint8Array): number {
    WORDS[0] = this.fixed32(bytes);
    WORDS[1] = this.fixed32(bytes);
    return DOUBLES[0];
  }

  /** Text in ASCII of up to `MAX_TEXT_OCTETS`, in front of `end`. */
  text(bytes: Uint8Array, end: number): string {
    const length = this.varint(bytes);
    const start = this.at;
    if (length > MAX_TEXT_OCTETS || length > end - start) return this.giveUp();
    const codes: number[] = CODES[length];
    let seen = 0;
    for (let index = 0; index < length; index++) {
      const octet = bytes[start + index];
      seen |= octet;
      codes[index] = octet;
    }
    if (seen >= 0x80) return this.giveUp();
    this.at = start + length;
    return String.fromCharCode.apply(null, codes);
  }

  /** Leaves the message to the loader's codec. */
  giveUp(): string {
    this.at = GAVE_UP;
    return "";
  }

  #text(value: number): string {
    return value <= Number.MAX_SAFE_INTEGER ? String(value) : this.giveUp();
  }
}

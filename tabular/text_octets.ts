const MINUS_CODE = 0x2d;
const ZERO_CODE = 0x30;
const FIRST_OCTETS = 4096;
/** The longest integer of 32 bits, `-2147483648`. */
const MAX_INTEGER_OCTETS = 11;
/** Up to this, integers are divided as integers. */
const MAX_SMALL = 0x7fff_ffff;

const decoder = new TextDecoder();

/** Text in ASCII that grows at its end, for what would be many short strings. */
export class TextOctets {
  /** Octets in use. */
  length = 0;
  #octets = new Uint8Array(FIRST_OCTETS);

  /** Appends a text of ASCII alone. */
  append(text: string): void {
    const { length } = text;
    const octets = this.#room(length);
    let at = this.length;
    for (let index = 0; index < length; index++) octets[at++] = text.charCodeAt(index);
    this.length = at;
  }

  appendOctet(octet: number): void {
    this.#room(1)[this.length++] = octet;
  }

  appendOctets(octets: Uint8Array): void {
    const room = this.#room(octets.length);
    let at = this.length;
    for (let index = 0; index < octets.length; index++) room[at++] = octets[index];
    this.length = at;
  }

  /** Appends an integer from -2^31 to 2^32 - 1 in decimal. */
  appendInteger(value: number): void {
    const octets = this.#room(MAX_INTEGER_OCTETS);
    let rest = value;
    if (value < 0) {
      octets[this.length++] = MINUS_CODE;
      rest = -value;
    }
    let end = this.length + 1;
    for (let limit = 10; rest >= limit; limit *= 10) end++;
    this.length = end;
    if (rest > MAX_SMALL) {
      const tenth = Math.floor(rest / 10);
      octets[--end] = ZERO_CODE + rest - tenth * 10;
      rest = tenth;
    }
    do {
      const tenth = (rest / 10) | 0;
      octets[--end] = ZERO_CODE + rest - tenth * 10;
      rest = tenth;
    } while (rest > 0);
  }

  /** The text of octets `start` up to `end`. */
  text(start: number, end: number): string {
    return decoder.decode(this.#octets.subarray(start, end));
  }

  #room(octets: number): Uint8Array {
    const needed = this.length + octets;
    if (needed <= this.#octets.length) return this.#octets;
    const grown = new Uint8Array(2 * needed);
    grown.set(this.#octets.subarray(0, this.length));
    return this.#octets = grown;
  }
}

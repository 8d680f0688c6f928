/** What a chunk decoded to. */
export interface DecodedChunk {
  readonly text: string;
  /** The octet after `text` with which the input stops being UTF-8, if it does. */
  readonly invalidOctet?: number;
}

/**
 * Decodes UTF-8 that arrives in chunks, and hands out what precedes the first invalid octet.
 *
 * Not `TextDecoder` with `stream: true`: that one throws without saying how far it came, and is the slower
 * path in Deno 2.9.
 */
export class Utf8Decoder {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** The start of a character whose rest is in the next chunk: at most three octets. */
  #carried: Uint8Array = new Uint8Array(0);

  /** False while the rest of a character is to come. */
  get isBetweenCharacters(): boolean {
    return this.#carried.length === 0;
  }

  decode(chunk: Uint8Array): DecodedChunk {
    const octets = this.#carried.length === 0 ? chunk : concat(this.#carried, chunk);
    const end = octets.length - incompleteTail(octets);
    this.#carried = octets.slice(end);
    return this.#decodeWhole(octets.subarray(0, end));
  }

  /** The first octet of a character that the end of the input cuts off, if it does. */
  finish(): DecodedChunk {
    const [invalidOctet] = this.#carried;
    return invalidOctet === undefined ? { text: "" } : { text: "", invalidOctet };
  }

  #decodeWhole(octets: Uint8Array): DecodedChunk {
    try {
      return { text: this.#decoder.decode(octets) };
    } catch {
      const length = this.#validLength(octets);
      const text = this.#decoder.decode(octets.subarray(0, length));
      return { text, invalidOctet: octets[length] ?? 0 };
    }
  }

  /** The longest valid prefix, by bisection: a valid text stays valid when cut between characters. */
  #validLength(octets: Uint8Array): number {
    let valid = 0;
    let invalid = octets.length;
    while (invalid - valid > 1) {
      const middle = (valid + invalid) >> 1;
      const cut = octets.subarray(0, middle);
      const whole = middle - incompleteTail(cut);
      if (this.#isValid(octets.subarray(0, whole))) valid = middle;
      else invalid = middle;
    }
    return valid - incompleteTail(octets.subarray(0, valid));
  }

  #isValid(octets: Uint8Array): boolean {
    try {
      this.#decoder.decode(octets);
      return true;
    } catch {
      return false;
    }
  }
}

/** How many octets at the end begin a character that is not complete. */
function incompleteTail(octets: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, octets.length); back++) {
    const octet = octets[octets.length - back] ?? 0;
    if (octet < 0x80) return 0;
    if (octet < 0xc0) continue;
    // No character begins with these; the decoder shall say so now.
    if (octet < 0xc2 || octet > 0xf4) return 0;
    const needed = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : 2;
    return needed > back ? back : 0;
  }
  return 0;
}

function concat(left: Uint8Array, right: Uint8Array): Uint8Array {
  const joined = new Uint8Array(left.length + right.length);
  joined.set(left);
  joined.set(right, left.length);
  return joined;
}

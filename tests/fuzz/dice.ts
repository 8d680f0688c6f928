import { createRandom } from "../support/random.ts";

/** Numbers at which parsers change their mind: ends of fields, limits, signs. */
const EDGES = [
  0,
  1,
  2,
  4,
  5,
  8,
  9,
  0x7f,
  0x80,
  0xff,
  0x100,
  0x3fff,
  0x4000,
  0x4001,
  0xffff,
  0x1_0000,
  0xff_ffff,
  0x100_0000,
  0x7fff_fffe,
  0x7fff_ffff,
  0x8000_0000,
  0xffff_ffff,
] as const;

/** Every choice of one case. The same seed and case number choose the same. */
export class Dice {
  /** A whole number from 0, below the bound. */
  readonly below: (bound: number) => number;

  constructor(seed: number, caseNumber: number) {
    this.below = createRandom((seed ^ Math.imul(caseNumber + 1, 0x9e37_79b1)) | 0);
    // Neighbouring states of the generator begin alike.
    for (let i = 0; i < 3; i++) this.below(2);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)];
  }

  /** An unsigned 32-bit number, mostly one at which something changes. */
  uint32(): number {
    return this.chance(80) ? this.pick(EDGES) : this.below(2 ** 32);
  }

  /** Any octets, from none to `max`. */
  octets(max: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: this.below(max + 1) }, () => this.below(256));
  }

  /** Text of these characters. */
  text(max: number, alphabet: string): string {
    const characters = [...alphabet];
    return Array.from({ length: this.below(max + 1) }, () => this.pick(characters)).join("");
  }

  /** Cuts octets into pieces: whole, or at a few places, or into single octets. */
  cut(bytes: Uint8Array): Uint8Array[] {
    if (bytes.length < 2 || this.chance(30)) return [bytes];
    if (bytes.length <= 400 && this.chance(10)) {
      return Array.from(bytes, (octet) => Uint8Array.of(octet));
    }
    const places = Array.from({ length: 1 + this.below(6) }, () => this.below(bytes.length));
    const bounds = [0, ...places.sort((left, right) => left - right), bytes.length];
    return bounds.slice(1).map((end, index) => bytes.subarray(bounds[index], end))
      .filter((piece) => piece.length > 0);
  }
}

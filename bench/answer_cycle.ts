import { Buffer } from "node:buffer";

/** Octets before each message: a flag and the length. */
const ENVELOPE_OCTETS = 5;

/**
 * The answers to a cycle of requests as one server encodes them. It answers the cycle with the same octets each time,
 * so that every octet of every answer can be compared with them, at a cost that no server is as fast as.
 */
export interface AnswerCycle {
  readonly octets: Uint8Array;
  /** Where each answer ends. */
  readonly ends: readonly number[];
}

/** Cuts messages with their prefixes: where each one ends. @throws Error if the last one is not complete */
export function endsOf(octets: Uint8Array): number[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const ends: number[] = [];
  let at = 0;
  while (at < octets.length) {
    at += ENVELOPE_OCTETS + view.getUint32(at + 1);
    ends.push(at);
  }
  if (at !== octets.length) throw new Error(`Cannot cut ${octets.length} octets into messages`);
  return ends;
}

/** Checks each message with `check`, which throws for one that is wrong, and returns them as a cycle. */
export function createAnswerCycle(
  octets: Uint8Array,
  check: (answer: Uint8Array, index: number) => void,
): AnswerCycle {
  const ends = endsOf(octets);
  ends.forEach((end, index) => {
    const start = index === 0 ? 0 : ends[index - 1];
    if (octets[start] !== 0) throw new Error(`Cannot compare answer ${index}: it is compressed`);
    check(octets.subarray(start + ENVELOPE_OCTETS, end), index);
  });
  return { octets, ends };
}

/** Follows the answers of one stream through the cycle, again and again. */
export class AnswerFollower {
  /** Answers that have come in full. */
  answered = 0;
  readonly #cycle: AnswerCycle;
  /** Where in the cycle the next octet belongs, and which answer it is of. */
  #at = 0;
  #index = 0;

  constructor(cycle: AnswerCycle) {
    this.#cycle = cycle;
  }

  /** @throws Error for an octet that is not as it was the first time */
  take(chunk: Uint8Array): void {
    const { octets, ends } = this.#cycle;
    let from = 0;
    while (from < chunk.length) {
      const count = Math.min(chunk.length - from, octets.length - this.#at);
      const isSame = Buffer.compare(
        chunk.subarray(from, from + count),
        octets.subarray(this.#at, this.#at + count),
      ) === 0;
      if (!isSame) {
        throw new Error(`Answer ${this.answered} or one soon after it is not what it should be`);
      }
      from += count;
      this.#at += count;
      const before = this.#index;
      while (this.#index < ends.length && ends[this.#index] <= this.#at) this.#index++;
      this.answered += this.#index - before;
      if (this.#at === octets.length) this.#at = this.#index = 0;
    }
  }
}

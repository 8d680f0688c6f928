/** Handlers of calculator.proto for bench/workers.ts: a call costs about 100 µs of computing, always the same amount. */

interface Entry {
  readonly id: number;
  readonly value: number;
}

/** About 100 µs on a core of 2020. */
const STEPS = 70_000;

function compute(seed: number): number {
  let state = seed;
  for (let step = 0; step < STEPS; step++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  }
  return state;
}

export const Calculator = {
  Negate: ({ id, value }: Entry): Entry => ({ id, value: compute(value | 0) }),
};

export const Troublemaker = {
  async *Hold(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
    yield* entries;
  },
};

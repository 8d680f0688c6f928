/** Handlers of calculator.proto that tell which worker they run in, or do it harm. */

interface Entry {
  readonly id: number;
  readonly value: number;
}

/** Each worker loads the module for itself. */
const WORKER = Math.random();

/** What `Negate` does for a value. */
const HARMS: Readonly<Record<number, () => void>> = {
  1: () => Deno.exit(3),
  2: () => {
    for (;;);
  },
  3: () => {
    setTimeout(() => {
      throw new Error("nobody catches this");
    });
  },
};

export const Calculator = {
  /** Answers with the number of the worker. */
  Negate({ id, value }: Entry): Entry {
    HARMS[value]?.();
    return { id, value: WORKER };
  },

  async *Square(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
    yield* entries;
  },
};

export const Troublemaker = {
  async *Fail(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
    yield* entries;
  },
};

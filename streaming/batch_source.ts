/** Batches of an input that may say nothing for long: a wait for the next one ends when it is told to. */
export class BatchSource<Batch> {
  readonly #iterator: AsyncIterator<Batch>;
  #pending: Promise<IteratorResult<Batch>> | undefined;
  /** Ends the wait. One slot, so that an endless input leaves nothing behind. */
  #leave: () => void = () => {};

  constructor(batches: AsyncIterable<Batch>) {
    this.#iterator = batches[Symbol.asyncIterator]();
  }

  /** The next batch or the end; undefined after `leave()`, however long the input takes. @throws what the input throws */
  next(): Promise<IteratorResult<Batch> | undefined> {
    const pending = this.#pending ?? this.#iterator.next();
    this.#pending = pending;
    return new Promise((resolve, reject) => {
      this.#leave = () => resolve(undefined);
      pending.then((step) => {
        this.#pending = undefined;
        resolve(step);
      }, reject);
    });
  }

  /** Whether the input says, within so many ms, that it has ended. @throws what the input throws */
  async isAtEnd(waitMs: number): Promise<boolean> {
    const timer = setTimeout(() => this.#leave(), waitMs);
    try {
      return (await this.next())?.done === true;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the wait for the next batch. */
  leave(): void {
    this.#leave();
  }

  /** Lets go of the input. */
  close(): void {
    // Not awaited: a source that waits for its next row hears of it only when that has come.
    this.#iterator.return?.().catch(() => {});
  }
}

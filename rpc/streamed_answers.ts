/**
 * Answers that are pushed, as an async iterable: the write side of a stream on one end, our handler's result on the
 * other. Holds one message; the next is let in when that one has been taken, so back-pressure passes through.
 */
export class StreamedAnswers implements AsyncIterableIterator<unknown, undefined> {
  readonly #onStop: () => void;
  #held: { readonly message: unknown; readonly taken: () => void } | undefined;
  #end: { readonly error: unknown } | undefined;
  #waiter: PromiseWithResolvers<IteratorResult<unknown, undefined>> | undefined;

  /** `stopped` is told when the reader wants no more. */
  constructor(options: { readonly stopped: () => void }) {
    this.#onStop = options.stopped;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const held = this.#held;
    if (held !== undefined) {
      this.#held = undefined;
      held.taken();
      return Promise.resolve({ done: false, value: held.message });
    }
    this.#waiter = Promise.withResolvers();
    const { promise } = this.#waiter;
    this.#settle();
    return promise;
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.stop(undefined);
    this.#onStop();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The next answer; `taken` is called when another one may follow. */
  put(message: unknown, taken: () => void): void {
    const waiter = this.#waiter;
    if (waiter === undefined) {
      this.#held = { message, taken };
      return;
    }
    this.#waiter = undefined;
    waiter.resolve({ done: false, value: message });
    taken();
  }

  /** No more answers follow; an error is thrown after those that are held. */
  end(error: unknown): void {
    this.#end ??= { error };
    this.#settle();
  }

  /** The same, but what is held is dropped. */
  stop(error: unknown): void {
    this.#held = undefined;
    this.end(error);
  }

  #settle(): void {
    const waiter = this.#waiter;
    if (waiter === undefined || this.#end === undefined) return;
    this.#waiter = undefined;
    if (this.#end.error === undefined) waiter.resolve({ done: true, value: undefined });
    else waiter.reject(this.#end.error);
  }
}

/** Parts of an interval, so that ten thousand connections are not looked at in one go. */
const SLOTS = 16;

type Callback = () => void;

/**
 * Calls many callbacks, each once an interval, from one timer, which runs only while there are any and does not keep
 * the process alive.
 */
export class Ticker {
  readonly #intervalMs: number;
  readonly #slots: readonly Set<Callback>[] = Array.from({ length: SLOTS }, () => new Set());
  /** The slot whose turn is next; new callbacks go into the one before, whose turn is furthest. */
  #next = 0;
  #count = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Calls `callback` once an interval until the returned function is called. */
  add(callback: Callback): () => void {
    const slot = this.#slots[(this.#next + SLOTS - 1) % SLOTS];
    slot.add(callback);
    if (this.#count++ === 0) this.#start();
    return () => {
      if (slot.delete(callback) && --this.#count === 0) clearInterval(this.#timer);
    };
  }

  #start(): void {
    this.#timer = setInterval(() => this.#tick(), this.#intervalMs / SLOTS);
    Deno.unrefTimer(this.#timer);
  }

  #tick(): void {
    const slot = this.#slots[this.#next];
    this.#next = (this.#next + 1) % SLOTS;
    for (const callback of slot) callback();
  }
}

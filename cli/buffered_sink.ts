import type { OutputSink } from "./io.ts";

/** Octets (for text: UTF-16 units) that may wait before `write()` asks for patience: the size of a Linux pipe. */
const MAX_WAITING = 65_536;

/** What a `BufferedSink` writes to. */
export interface SinkTarget {
  readonly isTerminal: boolean;
  /** Writes all of it. What it throws is thrown again by the sink. */
  writeAll(bytes: Uint8Array): Promise<void>;
}

/**
 * Collects output while the previous output is being written.
 *
 * So the first row appears at once, and under load the writes grow to what came in during the one before: no timer,
 * and no system call for every row.
 */
export class BufferedSink implements OutputSink {
  readonly #target: SinkTarget;
  readonly #ignoreFailures: boolean;
  readonly #encoder = new TextEncoder();
  #text = "";
  #pieces: Uint8Array[] = [];
  #waiting = 0;
  #draining: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(target: SinkTarget, options?: { readonly ignoreFailures: boolean }) {
    this.#target = target;
    this.#ignoreFailures = options?.ignoreFailures ?? false;
  }

  get isTerminal(): boolean {
    return this.#target.isTerminal;
  }

  write(data: string | Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) {
      this.#throwFailure();
      return undefined;
    }
    if (typeof data === "string") {
      this.#text += data;
    } else {
      this.#sealText();
      this.#pieces.push(data.slice());
    }
    this.#waiting += data.length;
    this.#draining ??= this.#drain();
    return this.#waiting > MAX_WAITING ? this.flush() : undefined;
  }

  async flush(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined && !this.#ignoreFailures) throw this.#failure.error;
  }

  /** Never rejects: nobody may be waiting. The failure is kept for the next `write()` or `flush()`. */
  async #drain(): Promise<void> {
    // Lets what is written in the same turn join the first write.
    await Promise.resolve();
    try {
      while (this.#waiting > 0) {
        this.#sealText();
        const pieces = this.#pieces;
        this.#pieces = [];
        this.#waiting = 0;
        for (const piece of pieces) await this.#target.writeAll(piece);
      }
    } catch (error) {
      this.#failure = { error };
      this.#text = "";
      this.#pieces = [];
      this.#waiting = 0;
    } finally {
      this.#draining = undefined;
    }
  }

  #sealText(): void {
    if (this.#text === "") return;
    this.#pieces.push(this.#encoder.encode(this.#text));
    this.#text = "";
  }
}

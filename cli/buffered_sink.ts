import type { OutputSink } from "./io.ts";

/** Octets (for text: UTF-16 units) that may wait before `write()` asks for patience: the size of a Linux pipe. */
const MAX_WAITING = 65_536;
/** The same for a sink that nobody waits for: above it, what is written is dropped and counted. */
const MAX_UNREAD = 1_048_576;

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
  readonly #isBestEffort: boolean;
  readonly #encoder = new TextEncoder();
  #text = "";
  #pieces: Uint8Array[] = [];
  #waiting = 0;
  /** Writes dropped since the last one that was not. */
  #dropped = 0;
  #draining: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(target: SinkTarget, options?: { readonly isBestEffort: boolean }) {
    this.#target = target;
    this.#isBestEffort = options?.isBestEffort ?? false;
  }

  get isTerminal(): boolean {
    return this.#target.isTerminal;
  }

  get isIdle(): boolean {
    return this.#draining === undefined;
  }

  write(data: string | Uint8Array): Promise<void> | undefined {
    if (this.#isBestEffort && this.#waiting > MAX_UNREAD) {
      this.#dropped++;
      return undefined;
    }
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
    if (this.#failure !== undefined && !this.#isBestEffort) throw this.#failure.error;
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
        this.#reportDropped();
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

  #reportDropped(): void {
    if (this.#dropped === 0) return;
    const notice = `(${this.#dropped} lines were left out: nobody read them in time)\n`;
    this.#dropped = 0;
    this.#text += notice;
    this.#waiting += notice.length;
  }

  #sealText(): void {
    if (this.#text === "") return;
    this.#pieces.push(this.#encoder.encode(this.#text));
    this.#text = "";
  }
}

import type { Http2Stream } from "./stream.ts";

/** Turns that have been taken, above which the list is cut. */
const KEPT_TURNS = 1024;

/** The streams that have something to send, in turn; those that lack the connection's window wait aside. */
export class SendRound {
  #ready: Http2Stream[] = [];
  /** Index of the next turn in `#ready`. */
  #next = 0;
  #blocked: Http2Stream[] = [];

  /** True if no stream can take a turn. */
  get isEmpty(): boolean {
    return this.#next === this.#ready.length;
  }

  /** True if streams wait for the connection's window. */
  get hasBlocked(): boolean {
    return this.#blocked.length > 0;
  }

  /** Puts a stream at the end of the round, unless it is in it. */
  add(stream: Http2Stream): void {
    if (stream.queued) return;
    stream.queued = true;
    this.#ready.push(stream);
  }

  /** Takes the stream whose turn it is out of the round. */
  take(): Http2Stream | undefined {
    if (this.isEmpty) return undefined;
    const stream = this.#ready[this.#next++];
    stream.queued = false;
    if (this.isEmpty) {
      this.#ready.length = 0;
      this.#next = 0;
    } else if (this.#next > KEPT_TURNS) {
      this.#ready.splice(0, this.#next);
      this.#next = 0;
    }
    return stream;
  }

  /** Sets a stream aside until `unblock()`. */
  block(stream: Http2Stream): void {
    stream.queued = true;
    this.#blocked.push(stream);
  }

  /** The connection has window again: those that waited for it take turns. */
  unblock(): void {
    for (const stream of this.#blocked) this.#ready.push(stream);
    this.#blocked.length = 0;
  }

  /** Forgets a stream that ended. */
  remove(stream: Http2Stream): void {
    if (!stream.queued) return;
    stream.queued = false;
    const turn = this.#ready.indexOf(stream, this.#next);
    if (turn >= 0) this.#ready.splice(turn, 1);
    else this.#blocked.splice(this.#blocked.indexOf(stream), 1);
  }
}

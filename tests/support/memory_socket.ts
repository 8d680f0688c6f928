import type { Socket } from "../../rpc/http2/mod.ts";

/** Where one end puts what the other reads. */
interface Inbox {
  readonly chunks: Uint8Array[];
  ended: boolean;
  error: Error | undefined;
  /** Wakes the reader. */
  wake: () => void;
}

/**
 * One end of a byte stream in memory, which can stall, take writes in pieces, and be cut. It keeps count of what was
 * written.
 *
 * @example
 * ```ts
 * const [ours, theirs] = createSocketPair();
 * await ours.write(Uint8Array.of(1));
 * ```
 */
export class MemorySocket implements Socket {
  readonly peer: string;
  /** Calls of `write()` that went through, in part or whole. */
  writes = 0;
  /** Octets that went through. */
  octetsWritten = 0;
  /** The most that one write takes. */
  maxWriteOctets = Infinity;
  /** True once `closeWrite()` or `close()` was called. */
  isWriteClosed = false;
  isClosed = false;

  readonly #inbox: Inbox;
  readonly #outbox: Inbox;
  #stall: PromiseWithResolvers<void> | undefined;
  /** Writes that go through although it is stalled. */
  #permits = 0;

  constructor(peer: string, inbox: Inbox, outbox: Inbox) {
    this.peer = peer;
    this.#inbox = inbox;
    this.#outbox = outbox;
  }

  /** Octets written here that the other end has not read. */
  get unreadOctets(): number {
    return this.#outbox.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  async read(into: Uint8Array): Promise<number | null> {
    const inbox = this.#inbox;
    for (;;) {
      if (this.isClosed) throw new Deno.errors.BadResource("The socket is closed");
      if (inbox.error !== undefined) throw inbox.error;
      const chunk = inbox.chunks[0];
      if (chunk !== undefined) {
        const count = Math.min(chunk.length, into.length);
        into.set(chunk.subarray(0, count));
        if (count === chunk.length) inbox.chunks.shift();
        else inbox.chunks[0] = chunk.subarray(count);
        return count;
      }
      if (inbox.ended) return null;
      await new Promise<void>((resolve) => inbox.wake = resolve);
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    while (this.#stall !== undefined && this.#permits === 0 && !this.isClosed) {
      await this.#stall.promise;
    }
    if (this.#permits > 0) this.#permits--;
    if (this.isClosed) throw new Deno.errors.BadResource("The socket is closed");
    if (this.#outbox.error !== undefined) throw this.#outbox.error;
    const count = Math.min(bytes.length, this.maxWriteOctets);
    this.writes++;
    this.octetsWritten += count;
    this.#outbox.chunks.push(bytes.slice(0, count));
    this.#outbox.wake();
    return count;
  }

  closeWrite(): Promise<void> {
    if (this.isClosed) return Promise.reject(new Deno.errors.BadResource("The socket is closed"));
    this.isWriteClosed = true;
    this.#outbox.ended = true;
    this.#outbox.wake();
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    this.isWriteClosed = true;
    this.#outbox.ended = true;
    this.#outbox.wake();
    this.#inbox.wake();
    this.resume();
  }

  /** Lets one write through while stalled. */
  letOneThrough(): void {
    this.#permits++;
    this.#stall?.resolve();
    this.#stall &&= Promise.withResolvers();
  }

  /** Writes do not settle any more, as if the peer had stopped reading. */
  stall(): void {
    this.#stall ??= Promise.withResolvers();
  }

  resume(): void {
    this.#stall?.resolve();
    this.#stall = undefined;
  }

  /** Breaks the connection for both ends, as a reset does. */
  cut(): void {
    for (const box of [this.#inbox, this.#outbox]) {
      box.error = new Deno.errors.ConnectionReset("Connection reset by peer");
      box.wake();
    }
    this.resume();
  }
}

/** Two connected ends. */
export function createSocketPair(): [MemorySocket, MemorySocket] {
  const forth = createInbox();
  const back = createInbox();
  return [new MemorySocket("memory:b", back, forth), new MemorySocket("memory:a", forth, back)];
}

function createInbox(): Inbox {
  return { chunks: [], ended: false, error: undefined, wake() {} };
}

import type { MemorySocket } from "../support/memory_socket.ts";
import { FrameReader, type SeenFrame } from "../support/seen_frames.ts";
import type { Dice } from "./dice.ts";
import { settle } from "./settle.ts";

/** The end of a connection that the fuzzer holds: sends what it is told, keeps what comes. */
export class FarEnd {
  readonly frames: SeenFrame[] = [];
  /** True once the other end sends no more. */
  hasEnded = false;
  /** What is wrong with what came; nothing may be. */
  error: unknown;

  readonly #socket: MemorySocket;
  readonly #reader = new FrameReader();

  /** `prefaceOctets` are left aside: a client's connection preface. */
  constructor(socket: MemorySocket, prefaceOctets = 0) {
    this.#socket = socket;
    this.#collect(prefaceOctets);
  }

  /** The frames of a type. */
  all(type: number): SeenFrame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  /** Goes through, or nowhere if the connection is closed. */
  async send(bytes: Uint8Array): Promise<void> {
    try {
      await this.#socket.write(bytes);
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  /** Sends with rests between some pieces, and waits for all that follows. */
  async sendInPieces(dice: Dice, octets: Uint8Array): Promise<void> {
    const rests = dice.chance(30);
    for (const piece of dice.cut(octets)) {
      await this.send(piece);
      if (rests && dice.chance(30)) await settle();
    }
    await settle();
  }

  /** Ends the connection from this side, in one of the ways that peers have, and waits for all that follows. */
  async hangUp(dice: Dice): Promise<void> {
    const manner = dice.below(4);
    if (manner === 0) this.#socket.cut();
    if (manner === 1) await this.#socket.closeWrite();
    if (manner > 1) this.#socket.close();
    await settle();
    this.#socket.close();
    await settle();
  }

  async #collect(prefaceOctets: number): Promise<void> {
    const buffer = new Uint8Array(16_384);
    let left = prefaceOctets;
    try {
      for (;;) {
        const count = await this.#socket.read(buffer);
        if (count === null) break;
        const skipped = Math.min(left, count);
        left -= skipped;
        this.frames.push(...this.#reader.push(buffer.subarray(skipped, count)));
      }
    } catch (error) {
      // Closed or cut by us: the end of the case.
      const isOurs = error instanceof Deno.errors.BadResource ||
        error instanceof Deno.errors.ConnectionReset;
      if (!isOurs) this.error = error;
    }
    this.hasEnded = true;
  }
}

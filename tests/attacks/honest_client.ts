import type { MethodDefinition } from "../../rpc/mod.ts";
import { Channel } from "../../rpc/mod.ts";
import { loadSchema } from "../../schema/mod.ts";
import { repositoryPath } from "../support/paths.ts";

/** Calls of one window; its p99 is the second largest. */
const WINDOW_CALLS = 100;
/** Between two rounds of calls, in ms. */
const PAUSE_MS = 2;
/** No call of an honest client may take longer, in ms. */
const DEADLINE_MS = 5_000;

interface Entry {
  readonly id: number;
  readonly value: number;
}

/** Makes unary and stream calls without pause until it is told to stop, and keeps their times. */
export class HonestClient implements Disposable {
  readonly #channel: Channel;
  readonly #negate: MethodDefinition;
  readonly #square: MethodDefinition;

  constructor(channel: Channel, methods: { negate: MethodDefinition; square: MethodDefinition }) {
    this.#channel = channel;
    this.#negate = methods.negate;
    this.#square = methods.square;
  }

  static async connect(target: string): Promise<HonestClient> {
    const schema = await loadSchema([repositoryPath("tests/testdata/handlers/calculator.proto")]);
    const method = (name: string) => {
      const methods = schema.services.flatMap((service) => service.methods);
      const found = methods.find((candidate) => candidate.name === name);
      if (found === undefined) throw new Error(`calculator.proto has no ${name}`);
      return found.definition;
    };
    const methods = { negate: method("Negate"), square: method("Square") };
    return new HonestClient(new Channel(target), methods);
  }

  /** Times of the calls made until `until` settles, and of at least `minCalls`, in ms. @throws RpcError if one fails */
  async measure(until: Promise<unknown>, minCalls: number): Promise<number[]> {
    let isOver = false;
    const over = until.finally(() => isOver = true);
    const timesMs: number[] = [];
    for (let id = 1; !isOver || timesMs.length < minCalls; id++) {
      const startedMs = performance.now();
      await this.#callUnary(id);
      const betweenMs = performance.now();
      await this.#callStream(id);
      timesMs.push(betweenMs - startedMs, performance.now() - betweenMs);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    await over;
    return timesMs;
  }

  async #callUnary(id: number): Promise<void> {
    const options = { timeoutMs: DEADLINE_MS };
    const answer = await this.#channel.unary(this.#negate, { id, value: 2 }, options);
    const { id: answeredId, value } = answer as Entry;
    if (answeredId !== id || value !== -2) throw new Error(`Negate answered ${value} for 2`);
  }

  async #callStream(id: number): Promise<void> {
    const numbers = [{ id, value: 3 }, { id, value: 4 }];
    const squares: number[] = [];
    const options = { timeoutMs: DEADLINE_MS };
    for await (const answer of this.#channel.bidirectional(this.#square, numbers, options)) {
      squares.push((answer as Entry).value);
    }
    if (squares.join() !== "9,16") throw new Error(`Square answered ${squares} for 3 and 4`);
  }

  [Symbol.dispose](): void {
    this.#channel.close();
  }
}

/** The median of the windows' 99th percentiles: one stall of a shared machine does not decide. */
export function medianP99(timesMs: readonly number[]): number {
  const p99s: number[] = [];
  for (let at = 0; at + WINDOW_CALLS <= timesMs.length; at += WINDOW_CALLS) {
    const window = timesMs.slice(at, at + WINDOW_CALLS).sort((left, right) => left - right);
    p99s.push(window[Math.ceil(0.99 * WINDOW_CALLS) - 1] ?? NaN);
  }
  p99s.sort((left, right) => left - right);
  return p99s[Math.floor((p99s.length - 1) / 2)] ?? NaN;
}

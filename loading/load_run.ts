import { setImmediate } from "node:timers";
import { type Channel, type ClientCall, RpcError, Status } from "../rpc/mod.ts";
import type { LoadPlan } from "./load_plan.ts";
import type { Pacer } from "./pacer.ts";
import type { Tally } from "./tally.ts";

export type RawCall = ClientCall<Uint8Array, Uint8Array>;

/** How a call ended, or that it was cut off because the load is over. */
export interface CallEnd {
  readonly code: number;
  readonly message: string;
}

/** A server that is not there refuses at once; who asks again without a pause only heats the machine. */
const UNAVAILABLE_PAUSE_MS = 10;

/** What the workers of one load share. */
export class LoadRun {
  readonly plan: LoadPlan;
  readonly pacer: Pacer;
  readonly tally: Tally;
  readonly #calls = new Set<RawCall>();
  readonly #endListeners = new Set<() => void>();
  #isOver = false;
  #isCut = false;
  #payloadIndex = 0;

  constructor(plan: LoadPlan, parts: { readonly pacer: Pacer; readonly tally: Tally }) {
    this.plan = plan;
    this.pacer = parts.pacer;
    this.tally = parts.tally;
  }

  get now(): number {
    return this.plan.clock.now();
  }

  /** True once nothing more is to be sent. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** True once calls are cut off. */
  get isCut(): boolean {
    return this.#isCut;
  }

  startCall(channel: Channel): RawCall {
    const { method, metadata, timeoutMs } = this.plan;
    const call = channel.call(method, { metadata, timeoutMs });
    this.#calls.add(call);
    this.tally.started++;
    return call;
  }

  /** Sends the next request; false when the one after it should wait for `call.ready()`. */
  send(call: RawCall): boolean {
    const { payloads } = this.plan;
    const payload = payloads[this.#payloadIndex];
    this.#payloadIndex = (this.#payloadIndex + 1) % payloads.length;
    this.tally.sent(payload);
    return call.send(payload);
  }

  /** Counts a call that is over; settles when the worker may start another. */
  async finish(call: RawCall, end: CallEnd): Promise<void> {
    this.#calls.delete(call);
    if (this.#isCut && end.code === Status.CANCELLED) {
      this.tally.cutOff++;
      return;
    }
    this.tally.finished(end, this.now);
    if (end.code === Status.OK) return;
    // A failure of our own side takes no turn of the event loop: without one, no timer would ever fire.
    if (end.code !== Status.UNAVAILABLE) await new Promise((resolve) => setImmediate(resolve));
    else await new Promise((resolve) => setTimeout(resolve, UNAVAILABLE_PAUSE_MS));
  }

  /** Calls back when nothing more is to be sent, until what is returned is called. */
  onEnd(listener: () => void): () => void {
    this.#endListeners.add(listener);
    return () => this.#endListeners.delete(listener);
  }

  /** Nothing more is sent; calls that are under way may end by themselves. */
  end(): void {
    this.#isOver = true;
    this.tally.lasted(this.now);
    this.pacer.stop();
    for (const listener of [...this.#endListeners]) listener();
  }

  /** Cuts off all calls that still go on. */
  cut(): void {
    this.#isCut = true;
    for (const call of [...this.#calls]) call.cancel("The load is over");
  }
}

/** An error of reading answers as the status that the call ends with. */
export function endOf(error: unknown): CallEnd {
  if (error instanceof RpcError) return error;
  return {
    code: Status.INTERNAL,
    message: error instanceof Error ? error.message : String(error),
  };
}

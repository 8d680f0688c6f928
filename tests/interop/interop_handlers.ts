/**
 * Our handlers of tests/peers/interop.proto and of the databroker. Imports nothing that only Deno has: the same handlers
 * run on our server and, through `toGrpcJs()`, on grpc-js under Node.
 *
 * @module
 */
import type { Handlers, ServerCallContext } from "../../rpc/handlers.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { RpcError } from "../../rpc/status.ts";

export interface Measurement {
  readonly id: number;
  readonly value: number;
  readonly padding: Uint8Array;
  readonly reply_octets: number;
  readonly call: string;
}

export interface Prediction {
  readonly id: number;
  readonly prediction: boolean;
  readonly padding?: Uint8Array;
}

export interface Count {
  readonly count: number;
  readonly call: string;
}

export interface Summary {
  readonly count: number;
  readonly sum: number;
}

export const HANG = -1000;
export const AWAIT_CANCELLED = -1001;
export const LAST_STATUS = 16;
export const REFUSAL = "refused: ☺ 100%";
export const REASON = Uint8Array.of(0x00, 0x01, 0xfe, 0xff);
export const REPLY_OCTET = 0x2a;

/** Names of the hanging calls that were cancelled, and who waits to see one of them. */
class CancelledCalls {
  readonly #seen = new Set<string>();
  readonly #waiting = new Map<string, () => void>();

  remember(name: string): void {
    this.#seen.add(name);
    this.#waiting.get(name)?.();
    this.#waiting.delete(name);
  }

  async until(name: string): Promise<void> {
    if (!this.#seen.has(name)) {
      await new Promise<void>((resolve) => this.#waiting.set(name, resolve));
    }
  }
}

/** Settles when the call is over from outside; then its name is remembered. */
function watchForCancel(call: ServerCallContext, name: string, seen: CancelledCalls) {
  return new Promise<never>((_, reject) => {
    const onAbort = () => {
      seen.remember(name);
      reject(call.signal.reason);
    };
    if (call.signal.aborted) onAbort();
    else call.signal.addEventListener("abort", onAbort, { once: true });
  });
}

function echo(call: ServerCallContext): void {
  for (const value of call.metadata.get("x-echo")) call.responseHeaders.add("x-echo", value);
  for (const value of call.metadata.get("x-echo-bin")) {
    call.responseTrailers.add("x-echo-bin", value);
  }
}

/** Throws what interop.proto asks for an id from -1 to -16. */
function refuseIfAsked(id: number): void {
  if (id > -1 || id < -LAST_STATUS) return;
  throw new RpcError(-id, REFUSAL, { metadata: Metadata.of({ "reason-bin": REASON }) });
}

function predictionFor({ id, padding, reply_octets }: Measurement): Prediction {
  const reply = reply_octets > 0 ? new Uint8Array(reply_octets).fill(REPLY_OCTET) : padding;
  return { id, prediction: id % 2 === 0, padding: reply };
}

/** Handlers of both services; the calls that they remember are theirs alone. */
export function createInteropHandlers(): { readonly interop: Handlers; readonly broker: Handlers } {
  const cancelled = new CancelledCalls();
  const interop = {
    async Unary(request: Measurement, call: ServerCallContext): Promise<Prediction> {
      echo(call);
      if (request.id === HANG) await watchForCancel(call, request.call, cancelled);
      if (request.id === AWAIT_CANCELLED) {
        await cancelled.until(request.call);
        return { id: request.id, prediction: true };
      }
      refuseIfAsked(request.id);
      return predictionFor(request);
    },
    async *ServerStream({ count, call: name }: Count, call: ServerCallContext) {
      echo(call);
      if (count === HANG) {
        const over = watchForCancel(call, name, cancelled);
        yield { id: HANG, prediction: false };
        await over;
      }
      refuseIfAsked(count);
      for (let id = 0; id < count; id++) yield { id, prediction: id % 2 === 0 };
    },
    async ClientStream(requests: AsyncIterable<Measurement>, call: ServerCallContext) {
      echo(call);
      let [count, sum] = [0, 0];
      for await (const { id, value, call: name } of requests) {
        if (id === HANG) await watchForCancel(call, name, cancelled);
        refuseIfAsked(id);
        count++;
        sum += value;
      }
      return { count, sum };
    },
    async *Bidi(requests: AsyncIterable<Measurement>, call: ServerCallContext) {
      echo(call);
      for await (const request of requests) {
        if (request.id === HANG) {
          const over = watchForCancel(call, request.call, cancelled);
          yield { id: HANG, prediction: false };
          await over;
        }
        refuseIfAsked(request.id);
        yield predictionFor(request);
      }
    },
  };
  const broker = {
    async *BidirectionalStreaming(requests: AsyncIterable<{ readonly id: number }>) {
      for await (const { id } of requests) yield { id, prediction: id % 2 === 0 };
    },
  };
  return { interop, broker };
}

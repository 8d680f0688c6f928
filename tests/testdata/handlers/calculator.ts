/** Handlers of calculator.proto in TypeScript: one object for each service. */
import { RpcError, type ServerCallContext, Status } from "../../../rpc/mod.ts";

interface Entry {
  readonly id: number;
  readonly value: number;
}

export const handlers = {
  Calculator: {
    async *Square(numbers: AsyncIterable<Entry>) {
      for await (const { id, value } of numbers) yield { id, value: value * value };
    },

    async addUp(numbers: AsyncIterable<Entry>) {
      const sum = { count: 0, total: 0 };
      for await (const { value } of numbers) {
        sum.count++;
        sum.total += value;
      }
      return sum;
    },

    Negate: ({ id, value }: Entry) => ({ id, value: -value }),

    async *Inspect(numbers: AsyncIterable<Entry>, call: ServerCallContext) {
      const report = {
        authority: call.authority,
        color: call.metadata.get("color"),
        token: call.metadata.get("token-bin")[0],
        has_deadline: call.deadline !== undefined,
      };
      for await (const _ of numbers) yield report;
    },
  },

  Troublemaker: {
    async *Fail(numbers: AsyncIterable<Entry>) {
      for await (const { id, value } of numbers) {
        if (value === 1) throw new RpcError(Status.INVALID_ARGUMENT, "one is\nnot allowed");
        if (value === 2) throw new Error("the password is hunter2");
        if (value === 3) Promise.reject(new Error("nobody waits for this"));
        yield { id, value };
      }
    },

    /** Answers the first number, and the others once `release()` was called. */
    async *Hold(numbers: AsyncIterable<Entry>) {
      const opened = gate.promise;
      let first = true;
      for await (const number of numbers) {
        if (!first) await opened;
        first = false;
        yield number;
      }
    },
  },
};

let gate = Promise.withResolvers<void>();

/** Lets `Hold` go on; later calls of it wait anew. */
export function release(): void {
  gate.resolve();
  gate = Promise.withResolvers();
}

import type { ServerCallContext } from "../../mod.ts";

export const handlers = {
  // bidirectional: one answer for each measurement
  async *Scale(requests: AsyncIterable<{ value: number }>, call: ServerCallContext) {
    const factor = Number(call.metadata.text("x-factor") ?? 2);
    for await (const { value } of requests) yield { value: value * factor };
  },
};

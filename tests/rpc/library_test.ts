// What a program that imports mod.ts can do.
import { strict as assert } from "node:assert";
import {
  builtinSchema,
  Channel,
  createAnomalyDetector,
  formatAddress,
  fromGrpcJs,
  loadSchema,
  RpcServer,
  toGrpcJs,
} from "../../mod.ts";
import { testTimed } from "./support/test_timed.ts";

testTimed("A program serves the databroker and calls it, with what mod.ts exports", async () => {
  const { services: [{ definition }] } = await builtinSchema();
  const server = new RpcServer();
  server.addService(definition, {
    async *BidirectionalStreaming(
      measurements: AsyncIterable<{ readonly id: number; readonly sensor1: number }>,
    ) {
      for await (const { id, sensor1 } of measurements) yield { id, prediction: sensor1 > 100 };
    },
  });
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  using channel = new Channel(formatAddress(address));
  const measurements = [{ id: 1, sensor1: 99 }, { id: 2, sensor1: 101 }];
  const predictions = channel.bidirectional(definition.BidirectionalStreaming, measurements);
  assert.deepEqual(await Array.fromAsync(predictions), [
    { id: 1, prediction: false },
    { id: 2, prediction: true },
  ]);
  await server.shutdown({ graceMs: 1000 });
});

Deno.test("mod.ts exports the adapters, the schema and the model", () => {
  for (const one of [fromGrpcJs, toGrpcJs, loadSchema, createAnomalyDetector]) {
    assert.equal(typeof one, "function");
  }
});

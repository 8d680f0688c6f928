import assert from "node:assert/strict";
import { builtinSchema, defaultStreamingMethod } from "../../schema/mod.ts";

Deno.test("builtinSchema() is the databroker", async () => {
  const schema = await builtinSchema();
  assert.equal(schema.source, "the built-in databroker");
  const method = defaultStreamingMethod(schema);
  assert.equal(method.path, "/bidirectional_databroker.BrokerService/BidirectionalStreaming");
  assert.deepEqual(
    method.request.fields.map(({ name }) => name),
    ["id", "sensor1", "sensor2", "sensor3", "sensor4"],
  );
});

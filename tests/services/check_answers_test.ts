import assert from "node:assert/strict";
import { builtinSchema } from "../../schema/mod.ts";
import { checkAnswers } from "../../services/mod.ts";

Deno.test("checkAnswers() names a field that the answer's message does not have, once", async () => {
  const [service] = (await builtinSchema()).services;
  const warnings: string[] = [];
  const method = checkAnswers(service, (sentence) => warnings.push(sentence))
    .BidirectionalStreaming;
  for (const id of [1, 2]) method.responseSerialize({ id, predicton: true });
  assert.deepEqual(warnings, [
    'bidirectional_databroker.BrokerService/BidirectionalStreaming answers with a field "predicton", ' +
    "which bidirectional_databroker.BrokerResponse does not have: it is left out",
  ]);
});

Deno.test("checkAnswers() passes answers on as they are", async () => {
  const [service] = (await builtinSchema()).services;
  const warnings: string[] = [];
  const method = checkAnswers(service, (sentence) => warnings.push(sentence))
    .BidirectionalStreaming;
  const answer = { id: 7, prediction: true };
  assert.deepEqual(method.responseDeserialize(method.responseSerialize(answer)), answer);
  assert.deepEqual(warnings, []);
});

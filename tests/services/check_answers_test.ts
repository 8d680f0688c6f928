import assert from "node:assert/strict";
import { ByteBuffer } from "../../rpc/http2/mod.ts";
import { findInPlaceEncoder } from "../../rpc/in_place_codec.ts";
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
    "which bidirectional_databroker.BrokerResponse does not have: it is left out; " +
    'did you mean "prediction"?',
  ]);
});

Deno.test("checkAnswers() looks at answers before they may be written in place", async () => {
  const [service] = (await builtinSchema()).services;
  const warnings: string[] = [];
  const method = checkAnswers(service, (sentence) => warnings.push(sentence))
    .BidirectionalStreaming;
  const inPlace = findInPlaceEncoder(method.responseSerialize);
  assert.ok(inPlace !== undefined);
  const answer = { id: 7, predicton: true };
  const out = new ByteBuffer();
  for (let looked = 0; looked < 100; looked++) {
    assert.equal(inPlace(answer, out, 0), -1);
    method.responseSerialize(answer);
  }
  assert.equal(warnings.length, 1);
  assert.equal(inPlace(answer, out, 0), 2);
  assert.deepEqual([...out.view()], [8, 7]);
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

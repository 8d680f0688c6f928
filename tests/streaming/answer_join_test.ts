import assert from "node:assert/strict";
import { IdJoin, OrderJoin } from "../../streaming/answer_join.ts";
import type { Message } from "../../tabular/mod.ts";

Deno.test("OrderJoin gives rows back in the order in which they were sent, over any number of them", () => {
  const join = new OrderJoin();
  let pushed = 0;
  let taken = 0;
  for (let round = 1; round < 200; round++) {
    for (let more = round % 17; more > 0; more--) join.push(pushed++);
    for (let less = round % 13; less > 0 && join.size > 0; less--) {
      assert.equal(join.take(), taken++);
    }
    assert.equal(join.size, pushed - taken);
  }
  assert.ok(join.size > 64);
  assert.deepEqual(join.waiting(), Array.from({ length: join.size }, (_, index) => taken + index));
});

Deno.test("OrderJoin has no row for an answer too many", () => {
  const join = new OrderJoin();
  join.push(7);
  assert.deepEqual([join.take(), join.take()], [7, undefined]);
});

const idOf = ({ id }: Message) => String(id);

Deno.test("IdJoin finds the row of an answer, and none for an unknown or repeated id", () => {
  const join = new IdJoin(idOf, idOf);
  [10, 20, 30].forEach((id, rowNumber) => join.push(rowNumber, { id }));
  assert.deepEqual([join.take({ id: 30 }), join.take({ id: "10" })], [2, 0]);
  assert.deepEqual([join.take({ id: 30 }), join.take({ id: 99 })], [undefined, undefined]);
  assert.deepEqual([join.size, join.waiting()], [1, [1]]);
});

Deno.test("IdJoin answers rows of one id in their order", () => {
  const join = new IdJoin(idOf, idOf);
  [5, 5, 6, 5].forEach((id, rowNumber) => join.push(rowNumber, { id }));
  assert.deepEqual(join.waiting(), [0, 1, 2, 3]);
  assert.deepEqual([5, 5, 6, 5, 5].map((id) => join.take({ id })), [0, 1, 2, 3, undefined]);
  assert.equal(join.size, 0);
});

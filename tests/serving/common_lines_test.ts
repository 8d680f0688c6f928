import assert from "node:assert/strict";
import { CommonLines } from "../../serving/common_lines.ts";

Deno.test("CommonLines lets through once what each worker says", () => {
  const lines = new CommonLines();
  const [first, second] = [lines.ofWorker(), lines.ofWorker()];
  assert.deepEqual([first("a"), second("a"), second("b"), first("b")], [true, false, true, false]);
});

Deno.test("CommonLines lets a line through again when all say it again", () => {
  const lines = new CommonLines();
  const [first, second] = [lines.ofWorker(), lines.ofWorker()];
  assert.deepEqual([first("a"), second("a")], [true, false]);
  assert.deepEqual([second("a"), first("a")], [true, false]);
});

Deno.test("CommonLines has nothing new of a worker that takes the place of another", () => {
  const lines = new CommonLines();
  assert.equal(lines.ofWorker()("a"), true);
  const later = lines.ofWorker();
  assert.deepEqual([later("a"), later("a")], [false, true]);
});

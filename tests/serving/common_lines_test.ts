import assert from "node:assert/strict";
import { CommonLines } from "../../serving/common_lines.ts";

Deno.test("CommonLines lets through once what each worker says", () => {
  const lines = new CommonLines();
  const [first, second] = [lines.ofWorker(), lines.ofWorker()];
  assert.deepEqual([first.isNew("a"), second.isNew("a"), second.isNew("b"), first.isNew("b")], [
    true,
    false,
    true,
    false,
  ]);
});

Deno.test("CommonLines lets a line through again when all say it again", () => {
  const lines = new CommonLines();
  const [first, second] = [lines.ofWorker(), lines.ofWorker()];
  assert.deepEqual([first.isNew("a"), second.isNew("a")], [true, false]);
  assert.deepEqual([second.isNew("a"), first.isNew("a")], [true, false]);
});

Deno.test("CommonLines has nothing new of a worker that takes the place of another", () => {
  const lines = new CommonLines();
  assert.equal(lines.ofWorker().isNew("a"), true);
  const later = lines.ofWorker();
  assert.deepEqual([later.isNew("a"), later.isNew("a")], [false, true]);
});

Deno.test("CommonLines lets through what is said again after all workers were replaced", () => {
  const lines = new CommonLines();
  const former = lines.ofWorker();
  former.started();
  // Twice, as they read their files again.
  assert.deepEqual([former.isNew("a"), former.isNew("a")], [true, true]);
  const [first, second] = [lines.ofWorker(), lines.ofWorker()];
  for (const later of [first, second]) later.started();
  assert.deepEqual([first.isNew("a"), second.isNew("a")], [true, false]);
});

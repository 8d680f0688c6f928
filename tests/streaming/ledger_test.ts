import assert from "node:assert/strict";
import { Ledger } from "../../streaming/ledger.ts";
import type { Rejection } from "../../streaming/rejection.ts";
import type { CsvRecord } from "../../tabular/mod.ts";
import { createSeed, seededRandom } from "./seeded_random.ts";

const LIMITS = { maxWaiting: 1000, maxSpan: 4096 };

function record(line: number): CsvRecord {
  return { cells: [], line };
}

function accept(ledger: Ledger, line: number, recordCount = 1): number {
  return ledger.accept(record(line), { line, dueMs: line * 10, recordCount });
}

function rejection(line: number): Rejection {
  return { row: record(line), line, message: `row ${line}`, reason: "bad" };
}

Deno.test("Ledger lets rows go in the order of the input, whatever the order of the answers", () => {
  const ledger = new Ledger(LIMITS);
  const [one, two, three] = [1, 2, 3].map((line) => accept(ledger, line));
  assert.deepEqual([one, two, three, ledger.waiting], [0, 1, 2, 3]);
  ledger.answer(2, { id: 3 });
  ledger.answer(1, { id: 2 });
  assert.equal(ledger.take(), undefined);
  assert.equal(ledger.firstWaitingLine(), 1);
  ledger.answer(0, { id: 1 });
  assert.deepEqual(ledger.take(), {
    answers: [{ id: 1 }, { id: 2 }, { id: 3 }],
    rows: [record(1), record(2), record(3)],
    rejections: [],
  });
  assert.deepEqual([ledger.waiting, ledger.leftRecords, ledger.head], [0, 3, 3]);
});

Deno.test("Ledger counts the records that are dealt with, without a gap", () => {
  const ledger = new Ledger(LIMITS);
  for (const [line, count] of [[1, 4], [5, 1], [6, 2]] as const) accept(ledger, line, count);
  ledger.answer(0, {});
  ledger.answer(2, {});
  ledger.take();
  assert.equal(ledger.leftRecords, 4);
  ledger.reject(1, rejection(5));
  assert.deepEqual(ledger.take()?.rejections.map(({ line }) => line), [5]);
  assert.equal(ledger.leftRecords, 7);
});

Deno.test("Ledger is full with too many rows that wait, and with too many between the first and the last", () => {
  const ledger = new Ledger({ maxWaiting: 2, maxSpan: 4 });
  accept(ledger, 1);
  assert.equal(ledger.hasRoom, true);
  accept(ledger, 2);
  assert.equal(ledger.hasRoom, false);
  ledger.answer(1, {});
  accept(ledger, 3);
  ledger.answer(2, {});
  accept(ledger, 4);
  ledger.answer(3, {});
  // One waits, the first; three hold their answers behind it.
  assert.deepEqual([ledger.waiting, ledger.hasRoom], [1, false]);
  ledger.answer(0, {});
  ledger.take();
  assert.equal(ledger.hasRoom, true);
});

Deno.test("Ledger holds any number of answers of a row until it is complete", () => {
  const ledger = new Ledger(LIMITS);
  accept(ledger, 1);
  accept(ledger, 2);
  accept(ledger, 3);
  ledger.addAnswers(1, [{ n: 1 }]);
  ledger.addAnswers(1, [{ n: 2 }, { n: 3 }]);
  ledger.complete(1);
  ledger.complete(0);
  assert.deepEqual(ledger.take()?.answers, [{ n: 1 }, { n: 2 }, { n: 3 }]);
  assert.equal(ledger.leftRecords, 2);
});

Deno.test("Ledger lets the first answers of the oldest row go early, and says that they have gone", () => {
  const ledger = new Ledger(LIMITS);
  accept(ledger, 1);
  accept(ledger, 2);
  ledger.addAnswers(1, [{ n: 9 }]);
  ledger.addAnswers(0, [{ n: 1 }]);
  assert.equal(ledger.take(2), undefined);
  ledger.addAnswers(0, [{ n: 2 }]);
  assert.deepEqual(ledger.take(2)?.answers, [{ n: 1 }, { n: 2 }]);
  assert.deepEqual([ledger.hasBegunToLeave(0), ledger.hasBegunToLeave(1)], [true, false]);
  assert.equal(ledger.leftRecords, 0);
  ledger.addAnswers(0, [{ n: 3 }]);
  ledger.complete(0);
  assert.deepEqual(ledger.take(2)?.answers, [{ n: 3 }]);
  assert.deepEqual([ledger.leftRecords, ledger.hasBegunToLeave(1)], [1, false]);
});

Deno.test("Ledger gives at the end what stands behind rows without an answer", () => {
  const ledger = new Ledger(LIMITS);
  for (const line of [1, 2, 3, 4]) accept(ledger, line);
  ledger.answer(1, { id: 2 });
  ledger.reject(3, rejection(4));
  const rest = ledger.takeRest();
  assert.deepEqual(rest?.answers, [{ id: 2 }]);
  assert.deepEqual(rest?.rejections.map(({ line }) => line), [4]);
  assert.deepEqual([ledger.leftRecords, ledger.firstWaitingLine()], [0, 1]);
});

Deno.test("Ledger agrees with a plain list, however it grows and wraps", () => {
  const seed = createSeed();
  const random = seededRandom(seed);
  const ledger = new Ledger({ maxWaiting: 1000, maxSpan: 1500 });
  const waiting = new Map<number, number>();
  const left: number[] = [];
  let line = 0;
  for (let round = 0; round < 300; round++) {
    for (let more = Math.floor(random() * 90); more > 0 && ledger.hasRoom; more--) {
      waiting.set(accept(ledger, ++line), line);
    }
    for (const [rowNumber, ofLine] of waiting) {
      if (random() < 0.4) continue;
      assert.equal(ledger.dueMs(rowNumber), ofLine * 10, `seed ${seed}`);
      ledger.answer(rowNumber, { line: ofLine });
      waiting.delete(rowNumber);
    }
    const { answers = [], rows = [] } = ledger.take() ?? {};
    answers.forEach((answer, index) => {
      const row = rows[index];
      assert.ok(row !== undefined && "line" in row && row.line === answer.line, `seed ${seed}`);
      left.push(row.line);
    });
    assert.equal(ledger.waiting, waiting.size, `seed ${seed}`);
  }
  assert.deepEqual(left, Array.from({ length: left.length }, (_, index) => index + 1), `${seed}`);
  assert.ok(left.length > 1000, `seed ${seed}`);
});

import assert from "node:assert/strict";
import { type Pacer, RatePacer, ReplayPacer } from "../../streaming/mod.ts";
import { type CsvRecord, RowError } from "../../tabular/mod.ts";

function at(text: string, line = 2): CsvRecord {
  return { cells: ["x", text], line };
}

function replay(speed = 1): ReplayPacer {
  return new ReplayPacer({ columnIndex: 1, columnName: "time", source: "log.csv", speed });
}

/** Due times from the first row on. */
function dueTimes(pacer: Pacer, texts: readonly string[]): number[] {
  const due = texts.map((text) => pacer.dueMs(at(text), 5000));
  return due.map((ms) => ms - 5000);
}

Deno.test("RatePacer sends the first row at once and keeps to its schedule, however late rows are", () => {
  const pacer = new RatePacer(1000);
  assert.equal(pacer.dueMs(at(""), 77), 77);
  // The clock has gone on by a minute: the second row is due when it was.
  assert.equal(pacer.dueMs(at(""), 60_077), 78);
  let due = 0;
  for (let row = 2; row <= 60_000; row++) due = pacer.dueMs(at(""), 0);
  assert.ok(Math.abs(due - 60_077) < 0.001, `${due}`);
});

Deno.test("RatePacer goes on with its schedule when the input begins anew", () => {
  const pacer = new RatePacer(10);
  const due = [pacer.dueMs(at(""), 0), pacer.dueMs(at(""), 0)];
  pacer.nextPass();
  assert.deepEqual([...due, pacer.dueMs(at(""), 0)], [0, 100, 200]);
});

Deno.test("ReplayPacer keeps the distances of every kind of time", () => {
  const rows: Record<string, readonly string[]> = {
    "RFC 3339": ["2026-01-01T00:00:00Z", "2026-01-01T00:00:01.5Z", "2026-01-01T01:00:03+01:00"],
    "epoch s": ["1767225600", "1767225601.5", "1767225603"],
    "epoch ms": ["1767225600000", "1767225601500", "1767225603000"],
    "epoch µs": ["1767225600000000", "1767225601500000", "1767225603000000"],
    "epoch ns": ["1767225600000000000", "1767225601500000000", "1767225603000000000"],
    "seconds from the start": ["0", "1.5", "3"],
  };
  for (const [name, texts] of Object.entries(rows)) {
    const due = dueTimes(replay(), texts).map((ms) => Math.round(ms));
    assert.deepEqual(due, [0, 1500, 3000], name);
  }
});

Deno.test("ReplayPacer takes the unit of the first number for all of them", () => {
  assert.deepEqual(dueTimes(replay(), ["99999999999", "100000000001"]), [0, 2000]);
});

Deno.test("ReplayPacer with --speed is so many times faster", () => {
  assert.deepEqual(dueTimes(replay(60), ["0", "60", "3600"]), [0, 1000, 60_000]);
  assert.deepEqual(dueTimes(replay(0.5), ["0", "1"]), [0, 2000]);
});

Deno.test("ReplayPacer reads decimal commas where the numbers of the input have them", () => {
  const options = { columnIndex: 1, columnName: "time", source: "log.csv", speed: 1 } as const;
  const pacer = new ReplayPacer({ ...options, decimal: "," });
  assert.deepEqual(dueTimes(pacer, ["0,5", "0,75", "2", "3,5e0"]), [0, 250, 1500, 3000]);
});

Deno.test("ReplayPacer sends a row whose time goes back at once", () => {
  assert.deepEqual(dueTimes(replay(), ["10", "12", "11", "13"]), [0, 2000, 2000, 3000]);
});

Deno.test("ReplayPacer begins the next pass at the distance of the last two rows", () => {
  const pacer = replay();
  const first = dueTimes(pacer, ["100", "101", "103"]);
  pacer.nextPass();
  assert.deepEqual([first, dueTimes(pacer, ["100", "101"])], [[0, 1000, 3000], [5000, 6000]]);
});

Deno.test("ReplayPacer rejects a row without a time, and says where", () => {
  for (const text of ["", "soon", "2026-13-01T00:00:00Z", "0x10", "0,5"]) {
    assert.throws(() => replay().dueMs(at(text, 7), 0), (error: Error) => {
      assert.ok(error instanceof RowError);
      assert.equal(
        error.message,
        `Cannot read "log.csv" line 7 column 2 (time): "${text}" is not a time to replay (RFC 3339, or a number)`,
      );
      assert.deepEqual([error.details.column, error.details.value], [2, text]);
      return true;
    });
  }
});

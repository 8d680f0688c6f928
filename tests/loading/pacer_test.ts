import assert from "node:assert/strict";
import { ClosedLoop, OpenLoop } from "../../loading/pacer.ts";
import { FakeLoadClock } from "./fake_load_clock.ts";

const ENDLESS = { count: Infinity, durationMs: Infinity };

Deno.test("ClosedLoop hands out turns at once until the count or the time is up", () => {
  const clock = new FakeLoadClock();
  const counted = new ClosedLoop({ ...ENDLESS, count: 2 }, clock);
  assert.deepEqual([counted.take(), counted.take(), counted.take()], [1000, 1000, undefined]);
  const timed = new ClosedLoop({ ...ENDLESS, durationMs: 50 }, clock);
  clock.advance(49);
  assert.equal(timed.take(), 1049);
  clock.advance(1);
  assert.equal(timed.take(), undefined);
  const stopped = new ClosedLoop(ENDLESS, clock);
  stopped.stop();
  assert.equal(stopped.take(), undefined);
});

Deno.test("OpenLoop hands out each turn when it is due, in order", async () => {
  const clock = new FakeLoadClock();
  const loop = new OpenLoop(100, { ...ENDLESS, count: 4 }, clock);
  const turns: (number | undefined)[] = [];
  const worker = async () => {
    for (let dueMs = await loop.take(); dueMs !== undefined; dueMs = await loop.take()) {
      turns.push(dueMs);
    }
  };
  const workers = [worker(), worker()];
  for (let tick = 0; tick < 4; tick++) {
    await settle();
    clock.advance(10);
  }
  await Promise.all(workers);
  assert.deepEqual(turns, [1000, 1010, 1020, 1030]);
  assert.equal(clock.alarmCount, 0);
  assert.deepEqual(loop.schedule, {
    due: 4,
    late: 0,
    lateByGenerator: 0,
    missed: 0,
    maxLateMs: 0,
  });
});

Deno.test("OpenLoop keeps the due time of items that nobody was free for", async () => {
  const clock = new FakeLoadClock();
  const loop = new OpenLoop(100, { ...ENDLESS, count: 11 }, clock);
  assert.equal(await loop.take(), 1000);
  // The only worker is stuck in its call for 100 ms.
  clock.advance(100);
  const turns: (number | undefined)[] = [];
  for (let item = 0; item < 10; item++) turns.push(await loop.take());
  assert.deepEqual(turns, [1010, 1020, 1030, 1040, 1050, 1060, 1070, 1080, 1090, 1100]);
  const { late, lateByGenerator, maxLateMs } = loop.schedule;
  assert.deepEqual({ late, lateByGenerator, maxLateMs }, {
    late: 9,
    lateByGenerator: 0,
    maxLateMs: 90,
  });
});

Deno.test("OpenLoop tells its own lateness from that of the workers", async () => {
  const clock = new FakeLoadClock();
  const loop = new OpenLoop(100, ENDLESS, clock);
  assert.equal(await loop.take(), 1000);
  const turns = [loop.take(), loop.take()];
  clock.advance(30, { isAsleep: true });
  assert.deepEqual(await Promise.all(turns), [1010, 1020]);
  const { late, lateByGenerator, maxLateMs } = loop.schedule;
  assert.deepEqual({ late, lateByGenerator, maxLateMs }, {
    late: 2,
    lateByGenerator: 2,
    maxLateMs: 20,
  });
  loop.stop();
});

Deno.test("OpenLoop counts what was due and never started when the time is up", async () => {
  const clock = new FakeLoadClock();
  const loop = new OpenLoop(100, { count: Infinity, durationMs: 100 }, clock);
  assert.equal(await loop.take(), 1000);
  clock.advance(100);
  assert.equal(loop.take(), undefined);
  loop.stop();
  assert.equal(loop.schedule.due, 10);
  assert.equal(loop.schedule.missed, 9);
});

Deno.test("OpenLoop lets go of all who wait when it is stopped, and counts only what was due", async () => {
  const clock = new FakeLoadClock();
  const loop = new OpenLoop(1, ENDLESS, clock);
  assert.equal(await loop.take(), 1000);
  const waiting = [loop.take(), loop.take()];
  clock.advance(500);
  loop.stop();
  assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
  assert.equal(clock.alarmCount, 0);
  assert.equal(loop.take(), undefined);
  clock.advance(5000);
  assert.deepEqual([loop.schedule.due, loop.schedule.missed], [1, 0]);
});

/** Lets promises that are settled call their callbacks. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

import assert from "node:assert/strict";
import baseline from "./hot_path/baseline.json" with { type: "json" };
import { findRegressions, type HotPathFigures, leastOf } from "./hot_path/figures.ts";
import { measureHotPath } from "./hot_path/measure_hot_path.ts";

/** Times that it is measured before a regression is believed: the least of each figure counts. */
const MAX_TRIES = 3;

Deno.test("The hot path costs what baseline.json says (deno task baseline records a new one)", async () => {
  let figures: HotPathFigures = await measureHotPath();
  for (let tries = 1; tries < MAX_TRIES; tries++) {
    if (findRegressions(figures, baseline).length === 0) break;
    figures = leastOf(figures, await measureHotPath());
  }
  console.log(JSON.stringify(figures));
  assert.deepEqual(findRegressions(figures, baseline), []);
});

Deno.test("findRegressions() names each figure that is worse than the tolerance, and a way that is missing", () => {
  const was = {
    writes: 0.15,
    dataFrames: 0.65,
    otherFrames: 0,
    heapOctets: 200,
    arrayOctets: 2.4,
    time: 0.4,
  };
  const rows: [found: Partial<typeof was>, regressions: string[]][] = [
    [{}, []],
    [{ heapOctets: 219, time: 0.59, arrayOctets: 4, writes: 0.2 }, []],
    [{ dataFrames: 1000 }, ["way: dataFrames 1000, was 0.65, at most 0.683"]],
    [{ heapOctets: 300 }, ["way: heapOctets 300, was 200, at most 220"]],
    [{ time: 0.61 }, ["way: time 0.61, was 0.4, at most 0.6"]],
    [{ writes: 1, arrayOctets: 50 }, [
      "way: writes 1, was 0.15, at most 0.2",
      "way: arrayOctets 50, was 2.4, at most 4",
    ]],
  ];
  for (const [found, regressions] of rows) {
    assert.deepEqual(findRegressions({ way: { ...was, ...found } }, { way: was }), regressions);
  }
  assert.deepEqual(findRegressions({}, { way: was }), ['Way "way" was not measured']);
});

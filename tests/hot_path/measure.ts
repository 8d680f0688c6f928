/**
 * Measures the hot path of a server in this process: frames in, envelopes, messages, handler, envelopes, frames out, without
 * a socket. Prints `HotPathFigures` as JSON. Run by measure_hot_path.ts, with the flags that it needs.
 */
import { getHeapStatistics } from "node:v8";
import { countArrayOctets } from "./count_array_octets.ts";
import { round, type WayFigures } from "./figures.ts";
import { HotPath, WAYS } from "./hot_path.ts";
import { createReference } from "./reference.ts";

/** Messages of one exchange: several reads of the server. */
const MESSAGES = 20_000;
/** Until V8 has compiled all of it for good. */
const WARM_UP_EXCHANGES = 60;
const COUNTED_EXCHANGES = 5;
/** Pairs of an exchange and the reference; the fastest of each count. */
const TIMED_ROUNDS = 60;

const figures: Record<string, WayFigures> = {};
for (const way of WAYS) {
  const path = await HotPath.open(way, MESSAGES);
  figures[way] = { ...await warmUpAndTime(path), ...await countFrames(path), arrayOctets: 0 };
  await path.close();
}
// Last, since code that V8 has compiled for the real `Uint8Array` is thrown away.
for (const way of WAYS) figures[way] = { ...figures[way], arrayOctets: await countArrays(way) };
console.log(JSON.stringify(figures));

async function warmUpAndTime(path: HotPath): Promise<Pick<WayFigures, "heapOctets" | "time">> {
  const reference = await createReference(path.body);
  for (let count = 0; count < WARM_UP_EXCHANGES; count++) {
    await path.exchange();
    reference();
  }
  let [heapOctets, pathMs, referenceMs] = [Infinity, Infinity, Infinity];
  for (let count = 0; count < TIMED_ROUNDS; count++) {
    // In turns, so that what else the machine does meets both.
    const allocated = getHeapStatistics().total_allocated_bytes;
    const startedMs = performance.now();
    await path.exchange();
    const exchangedMs = performance.now();
    const octets = getHeapStatistics().total_allocated_bytes - allocated;
    reference();
    referenceMs = Math.min(referenceMs, performance.now() - exchangedMs);
    pathMs = Math.min(pathMs, exchangedMs - startedMs);
    heapOctets = Math.min(heapOctets, octets / MESSAGES);
  }
  return { heapOctets: round(heapOctets), time: round(pathMs / referenceMs) };
}

async function countFrames(
  path: HotPath,
): Promise<Pick<WayFigures, "writes" | "dataFrames" | "otherFrames">> {
  const { writes, dataFrames, otherFrames } = path.written;
  for (let count = 0; count < COUNTED_EXCHANGES; count++) await path.exchange();
  const per1000 = (now: number, before: number) =>
    round((now - before) * 1000 / (COUNTED_EXCHANGES * MESSAGES));
  return {
    writes: per1000(path.written.writes, writes),
    dataFrames: per1000(path.written.dataFrames, dataFrames),
    otherFrames: per1000(path.written.otherFrames, otherFrames),
  };
}

async function countArrays(way: typeof WAYS[number]): Promise<number> {
  const path = await HotPath.open(way, MESSAGES);
  for (let count = 0; count < COUNTED_EXCHANGES; count++) await path.exchange();
  using arrays = countArrayOctets();
  for (let count = 0; count < COUNTED_EXCHANGES; count++) await path.exchange();
  await path.close();
  return round(arrays.octets / (COUNTED_EXCHANGES * MESSAGES));
}

// Tests of the hub without a socket.
import assert from "node:assert/strict";
import test from "node:test";
import type { DataPackage } from "./gen/datahub.ts";
import { Hub } from "./hub.ts";

const HOUR_MS = 3_600_000;

const packageOf = (TagValue: string, TagName = "t"): DataPackage => ({
  TagName,
  TagValue,
  TrackingGuid: `guid of ${TagValue}`,
});

/** Watches a tag; the stream never repeats by itself. */
function watch(hub: Hub, everyMs = HOUR_MS) {
  const cancel = new AbortController();
  const values = hub.subscribe("t")?.values(everyMs, cancel.signal);
  assert.ok(values !== undefined);
  const next = async () => {
    const step = await values.next();
    return step.done ? undefined : step.value.TagValue;
  };
  return { next, cancel: () => cancel.abort() };
}

test("A tag is unknown until its first value", () => {
  const hub = new Hub();
  assert.equal(hub.subscribe("t"), undefined);
  hub.publish(packageOf("1"));
  assert.notEqual(hub.subscribe("t"), undefined);
});

test("A subscriber gets the latest value, then every new one in order", async () => {
  const hub = new Hub();
  hub.publish(packageOf("1"));
  hub.publish(packageOf("2"));
  const { next, cancel } = watch(hub);
  assert.equal(await next(), "2");
  for (const value of ["3", "4", "5"]) hub.publish(packageOf(value));
  assert.deepEqual([await next(), await next(), await next()], ["3", "4", "5"]);
  cancel();
  assert.equal(await next(), undefined);
});

test("The latest value is repeated at each interval", async () => {
  const hub = new Hub();
  hub.publish(packageOf("1"));
  const { next, cancel } = watch(hub, 1);
  assert.deepEqual([await next(), await next(), await next()], ["1", "1", "1"]);
  cancel();
  assert.equal(await next(), undefined);
});

test("A subscriber that is slow skips to what is true now, and holds no more than 256 values", async () => {
  const hub = new Hub();
  hub.publish(packageOf("first"));
  const { next, cancel } = watch(hub);
  for (let value = 1; value <= 100_000; value++) hub.publish(packageOf(String(value)));
  const got = [];
  for (let value = await next(); value !== "100000"; value = await next()) got.push(value);
  assert.ok(got.length < 256, `${got.length} values were waiting`);
  cancel();
  assert.equal(await next(), undefined);
});

test("A subscriber that leaves is forgotten", async () => {
  const hub = new Hub();
  hub.publish(packageOf("1"));
  const { next, cancel } = watch(hub);
  await next();
  assert.equal(hub.countSubscriptions("t"), 1);
  const last = next();
  cancel();
  assert.equal(await last, undefined);
  assert.equal(hub.countSubscriptions("t"), 0);
});

test("1,000 subscribers of one tag stay in step", async () => {
  const hub = new Hub();
  hub.publish(packageOf("0"));
  const watchers = Array.from({ length: 1_000 }, () => watch(hub));
  for (let value = 0; value < 20; value++) {
    if (value > 0) hub.publish(packageOf(String(value)));
    const got = new Set(await Promise.all(watchers.map(({ next }) => next())));
    assert.deepEqual([...got], [String(value)]);
  }
  for (const { cancel, next } of watchers) {
    cancel();
    await next();
  }
  assert.equal(hub.countSubscriptions("t"), 0);
});

test("A package that says too little or too much is refused", () => {
  const hub = new Hub();
  assert.equal(hub.publish(packageOf("1", "")), "TagName is empty");
  assert.equal(
    hub.publish(packageOf("x".repeat(4097))),
    "TagValue has 4097 characters, and may have 4096",
  );
  assert.equal(hub.subscribe("t"), undefined);
});

import { strict as assert } from "node:assert";
import { SendRound } from "../../../rpc/http2/send_round.ts";
import { createStream } from "./create_stream.ts";

Deno.test("SendRound hands out streams in the order in which they came", () => {
  const round = new SendRound();
  const [first, second] = [createStream(1), createStream(3)];
  round.add(first);
  round.add(second);
  round.add(first);
  assert.equal(round.take(), first);
  round.add(first);
  assert.equal(round.take(), second);
  assert.equal(round.take(), first);
  assert.equal(round.take(), undefined);
  assert.ok(round.isEmpty);
});

Deno.test("SendRound sets blocked streams aside until they are unblocked", () => {
  const round = new SendRound();
  const [first, second] = [createStream(1), createStream(3)];
  round.block(first);
  round.add(first);
  round.add(second);
  assert.ok(round.hasBlocked);
  assert.equal(round.take(), second);
  assert.equal(round.take(), undefined);
  round.unblock();
  assert.equal(round.hasBlocked, false);
  assert.equal(round.take(), first);
});

Deno.test("SendRound forgets streams that end, wherever they wait", () => {
  const round = new SendRound();
  const streams = [1, 3, 5, 7].map(createStream);
  const [first, second, third, blocked] = streams;
  for (const stream of [first, second, third]) round.add(stream);
  round.block(blocked);
  assert.equal(round.take(), first);
  round.remove(first);
  round.remove(second);
  round.remove(blocked);
  assert.equal(round.hasBlocked, false);
  assert.equal(round.take(), third);
  assert.equal(round.take(), undefined);
  assert.ok(streams.every((stream) => !stream.queued));
});

Deno.test("SendRound keeps its order over many turns", () => {
  const round = new SendRound();
  const streams = Array.from({ length: 7 }, (_, index) => createStream(2 * index + 1));
  for (const stream of streams) round.add(stream);
  for (let turn = 0; turn < 10_000; turn++) {
    const stream = round.take();
    assert.equal(stream, streams[turn % streams.length]);
    if (stream !== undefined) round.add(stream);
  }
});

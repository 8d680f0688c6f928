// What the unfinished messages of a connection may hold: large ones wait for each other, none is refused.
import { strict as assert } from "node:assert";
import { type Borrower, MessageBudget } from "../../rpc/message_budget.ts";
import { Status } from "../../rpc/status.ts";
import { connectScripted } from "../support/scripted_peer.ts";
import { numberAt } from "../support/seen_frames.ts";
import {
  CODE,
  concat,
  data,
  envelope,
  FRAME,
  grpcRequest,
  headers,
  headersLiteral,
  rstStream,
} from "../support/wire.ts";
import { startTestServer } from "./support/start_test_server.ts";
import { follow, METHODS, type Script } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";

const WINDOW = 65_535;

/** Borrowers that write their names down once they are let in. */
function createBorrowers() {
  const granted: string[] = [];
  const borrower = (name: string): Borrower => ({ granted: () => void granted.push(name) });
  return { borrower, granted: () => granted.splice(0).join(" ") };
}

Deno.test("A budget lets messages in while they fit, then in their order", () => {
  const { borrower, granted } = createBorrowers();
  const [a, b, c, d] = ["a", "b", "c", "d"].map(borrower);
  const budget = new MessageBudget(1_000_000);
  budget.take(a, 600_000);
  budget.take(b, 400_000);
  budget.take(c, 600_000);
  budget.take(d, 100_000);
  assert.equal(granted(), "a b");
  // Nobody overtakes: one large message would never come to its end beside many that are less so.
  budget.giveBack(b);
  assert.equal(granted(), "");
  budget.giveBack(a);
  assert.equal(granted(), "c d");
  budget.giveBack(c);
  budget.giveBack(d);
  budget.giveBack(d);
  assert.equal(budget.lentOctets, 0);
});

Deno.test("A budget lets a message in that is larger than itself, alone", () => {
  const { borrower, granted } = createBorrowers();
  const [a, b, c] = ["a", "b", "c"].map(borrower);
  const budget = new MessageBudget(100_000);
  budget.take(a, 5_000_000);
  budget.take(b, 5_000_000);
  budget.take(c, 70_000);
  assert.equal(granted(), "a");
  budget.giveBack(a);
  assert.equal(granted(), "b");
  budget.giveBack(b);
  assert.equal(granted(), "c");
});

Deno.test("A budget asks nothing of small messages and forgets who waits no more", () => {
  const { borrower, granted } = createBorrowers();
  const [a, b, c, d] = ["a", "b", "c", "d"].map(borrower);
  const budget = new MessageBudget(100_000);
  budget.take(a, 100_000);
  budget.take(b, 100_000);
  budget.take(c, 100_000);
  budget.take(d, WINDOW);
  assert.equal(granted(), "a d");
  budget.giveBack(b);
  budget.giveBack(a);
  assert.equal(granted(), "c");
});

/** Counts the octets of all requests. */
const measure: Script = async function* (requests) {
  let octets = 0;
  for await (const request of requests) octets += request.length;
  yield String(octets);
};

testTimed(
  "More large messages than the budget holds all come, together with small ones",
  async () => {
    await using t = startTestServer(measure, { server: { maxUnfinishedOctets: 500_000 } });
    const sizes = Array.from({ length: 60 }, (_, at) => at % 3 === 0 ? 10 : 200_000 + 1000 * at);
    const outcomes = await Promise.all(sizes.map((size, at) => {
      const kind = at % 2 === 0 ? "Unary" : "ClientStream";
      const message = "x".repeat(size);
      return follow(t.channel, kind, kind === "Unary" ? [message] : [message, "y", message]);
    }));
    for (const [at, { answers, status }] of outcomes.entries()) {
      assert.equal(status.code, Status.OK, status.message);
      assert.deepEqual(answers, [String(at % 2 === 0 ? sizes[at] : 2 * sizes[at] + 1)]);
    }
  },
);

testTimed("Messages that never end hold the budget, a window each, and nobody else", async () => {
  await using t = startTestServer(measure, { server: { maxUnfinishedOctets: 1_000_000 } });
  await using peer = await connectScripted(t.port);
  const open = headersLiteral(grpcRequest(METHODS.ClientStream.path));
  const whole = envelope(new Uint8Array(600_000).fill(0x78));
  const begin = (streamId: number) => {
    const frames = [headers(streamId, open)];
    for (let at = 0; at < WINDOW; at += 16_384) {
      frames.push(data(streamId, whole.subarray(at, Math.min(at + 16_384, WINDOW))));
    }
    return concat(frames);
  };
  const isOpened = (streamId: number) => (frame: { readonly streamId: number }) =>
    frame.streamId === streamId;
  const streamIds = [1, 3, 5, 7];
  for (const streamId of streamIds) await peer.send(begin(streamId));
  await peer.expectFrame(FRAME.WINDOW_UPDATE, isOpened(1));
  await peer.roundTrip();
  for (const streamId of [3, 5, 7]) peer.expectNone(FRAME.WINDOW_UPDATE, isOpened(streamId));
  // Others on the same connection, and on other ones, are served meanwhile.
  await peer.send(headers(9, open), data(9, envelope(new Uint8Array(10)), { endStream: true }));
  await peer.expectHeaders(9);
  assert.deepEqual((await follow(t.channel, "Unary", ["x".repeat(900_000)])).answers, ["900000"]);
  // Each way to end hands the budget on.
  await peer.send(rstStream(1, CODE.CANCEL));
  const opened = await peer.expectFrame(FRAME.WINDOW_UPDATE, isOpened(3));
  assert.ok(numberAt(opened, 0) >= WINDOW - 5);
  await peer.send(data(3, new Uint8Array(0), { endStream: true }));
  await peer.expectFrame(FRAME.WINDOW_UPDATE, isOpened(5));
  await peer.send(rstStream(7, CODE.CANCEL));
  await peer.roundTrip();
});

testTimed(
  "A handler that left a message unread gives its budget back with the stream",
  async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let calls = 0;
    await using t = startTestServer(async function* (requests) {
      const gate = gates[calls++];
      requests[Symbol.asyncIterator]().next().catch(() => {});
      await gate.promise;
      yield "enough";
    }, { server: { maxUnfinishedOctets: 500_000 } });
    await using peer = await connectScripted(t.port);
    const open = headersLiteral(grpcRequest(METHODS.Bidi.path));
    const start = envelope(new Uint8Array(400_000)).subarray(0, 16_384);
    const isOpened = (streamId: number) => (frame: { readonly streamId: number }) =>
      frame.streamId === streamId;
    for (const streamId of [1, 3]) {
      const pieces = [start, start, start].map((piece) => data(streamId, piece));
      await peer.send(headers(streamId, open), ...pieces);
    }
    await peer.expectFrame(FRAME.WINDOW_UPDATE, isOpened(1));
    await peer.roundTrip();
    peer.expectNone(FRAME.WINDOW_UPDATE, isOpened(3));
    gates[0].resolve();
    await peer.expectReset(1, CODE.NO_ERROR);
    await peer.expectFrame(FRAME.WINDOW_UPDATE, isOpened(3));
    gates[1].resolve();
    await peer.expectReset(3, CODE.NO_ERROR);
  },
);

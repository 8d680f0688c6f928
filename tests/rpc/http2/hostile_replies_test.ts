/** Attacks that ask for replies which nobody reads (docs/attacks.md 1.2 and 1.5). */
import { strict as assert } from "node:assert";
import { FLAG, ping, settings } from "../../support/wire.ts";
import { repeat, streamIdAt, untilQuiet } from "./hostile_rig.ts";
import { get, OK_FIELDS, startServer } from "./rig.ts";

const REPLY_FLOODS: readonly (readonly [name: string, one: Uint8Array, replyOctets: number])[] = [
  ["PINGs (1.2)", ping(), 17],
  ["SETTINGS (1.5)", settings(), 9],
];

for (const [name, one, replyOctets] of REPLY_FLOODS) {
  Deno.test(`A flood of ${name} whose replies are not read is not read either`, async () => {
    await using rig = await startServer();
    await rig.peer.roundTrip();
    rig.socket.stall();
    const { octetsWritten } = rig.socket;
    await rig.peer.send(repeat(9000, () => one));
    await untilQuiet(rig);
    assert.ok(rig.peerSocket.unreadOctets > 0, "the reader has stopped");
    assert.ok(rig.connection.sender.queuedReplies <= 100);
    assert.equal(rig.connection.state, "open");
    // What can wait are the replies of one write, and a hundred more.
    rig.clock.advance(21_000);
    await rig.done;
    assert.ok(rig.socket.octetsWritten - octetsWritten <= 200 * replyOctets);
  });

  Deno.test(`A flood of ${name} whose replies are read is answered in full`, async () => {
    await using rig = await startServer();
    await rig.peer.roundTrip();
    rig.socket.stall();
    await rig.peer.send(repeat(9000, () => one));
    await untilQuiet(rig);
    rig.socket.resume();
    await rig.peer.roundTrip();
    const acks = rig.peer.frames.filter(({ type, flags }) =>
      type === one[3] && (flags & FLAG.ACK) !== 0
    );
    assert.ok(acks.length >= 9000);
  });
}

Deno.test("A peer whose replies wait is not read, but its connection still ends when it hangs up", async () => {
  await using rig = await startServer();
  await rig.peer.roundTrip();
  rig.socket.stall();
  await rig.peer.send(repeat(1000, () => ping()));
  await untilQuiet(rig);
  rig.connection.close();
  await rig.done;
});

Deno.test("No frame is acted on after the connection failed while its reader waited", async () => {
  await using rig = await startServer({ limits: { maxQueuedReplies: 1 } });
  await rig.peer.roundTrip();
  rig.socket.stall();
  await rig.peer.send(ping(), get(1), get(3));
  await untilQuiet(rig);
  assert.equal(rig.requests.size, 0);
  rig.connection.shutdown();
  rig.clock.advance(21_000);
  rig.socket.resume();
  await rig.done;
  assert.equal(rig.requests.size, 0);
});

Deno.test("Heads that the peer does not read count as replies", async () => {
  await using rig = await startServer({
    limits: { maxConcurrentStreams: 1000 },
    onRequest: ({ stream }) => stream?.sendHeaders(OK_FIELDS, { endStream: true }),
  });
  await rig.peer.roundTrip();
  rig.socket.stall();
  await rig.peer.send(repeat(900, (index) => get(streamIdAt(index))));
  await untilQuiet(rig);
  assert.ok(rig.requests.size <= 202, `${rig.requests.size} requests were taken`);
  rig.socket.resume();
});

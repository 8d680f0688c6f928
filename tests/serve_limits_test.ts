/** The limits of `broker serve` that have a flag, each seen to act from outside. */
import assert from "node:assert/strict";
import { runBroker, startServer } from "./support/broker.ts";
import { connectScripted } from "./support/scripted_peer.ts";
import { CODE, FRAME, grpcRequest, headers, ping } from "./support/wire.ts";

const PATH = "/bidirectional_databroker.BrokerService/BidirectionalStreaming";

function portOf(target: string): number {
  return Number(target.slice(target.lastIndexOf(":") + 1));
}

Deno.test("serve refuses metadata above --max-header-size, and says how much it takes", async () => {
  await using server = await startServer(["--max-header-size", "2KiB"]);
  await using peer = await connectScripted(portOf(server.target));
  const { payload } = await peer.expectFrame(FRAME.SETTINGS);
  assert.equal(payload.at(-2), 2048 / 256, "MAX_HEADER_LIST_SIZE, the last setting");
  const large = (octets: number) => grpcRequest(PATH, [["x-large", "x".repeat(octets)]]);
  await peer.send(headers(1, large(1_000)), headers(3, large(2_000)));
  assert.equal((await peer.expectHeaders(3)).get(":status"), "431");
  await peer.roundTrip();
});

Deno.test("serve cuts off who says nothing within --handshake-timeout", async () => {
  await using server = await startServer(["--handshake-timeout", "1"]);
  const silent = { preface: false, acknowledges: false };
  await using peer = await connectScripted(portOf(server.target), silent);
  await peer.expectGoAway(CODE.SETTINGS_TIMEOUT);
  await peer.expectClosed();
});

Deno.test("serve cuts off who gives no sign of life within --keepalive-timeout", async () => {
  const flags = ["--keepalive-time", "1", "--keepalive-timeout", "1"];
  await using server = await startServer(flags);
  await using peer = await connectScripted(portOf(server.target), { acknowledges: false });
  await peer.expectFrame(FRAME.PING);
  await peer.expectClosed();
});

Deno.test("serve forgives two pings within --min-ping-interval, not three", async () => {
  await using lenient = await startServer(["--min-ping-interval", "0"]);
  await using welcome = await connectScripted(portOf(lenient.target));
  for (let count = 0; count < 10; count++) await welcome.roundTrip();

  await using strict = await startServer(["--min-ping-interval", "1h"]);
  await using peer = await connectScripted(portOf(strict.target));
  for (let count = 0; count < 3; count++) await peer.roundTrip();
  await peer.send(ping());
  assert.equal((await peer.expectGoAway(CODE.ENHANCE_YOUR_CALM)).debug, "too_many_pings");
});

Deno.test("serve asks connections above --max-connection-age to reconnect, and cuts off after the grace", async () => {
  const flags = ["--max-connection-age", "1", "--max-connection-age-grace", "1", "--log", "off"];
  await using server = await startServer(flags);
  await using peer = await connectScripted(portOf(server.target));
  await peer.send(headers(1, grpcRequest(PATH)));
  assert.equal((await peer.expectGoAway(CODE.NO_ERROR)).debug, "max_age");
  assert.equal((await peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 1);
  await peer.expectClosed();
});

Deno.test("serve closes connections without a call after --max-connection-idle", async () => {
  await using server = await startServer(["--max-connection-idle", "1"]);
  await using peer = await connectScripted(portOf(server.target));
  assert.equal((await peer.expectGoAway(CODE.NO_ERROR)).debug, "max_idle");
  await peer.expectClosed();
});

Deno.test("serve names the range of a limit that is out of it", async () => {
  const { exitCode, stderr } = await runBroker(["serve", "--max-header-size", "1"]);
  assert.equal(exitCode, 2);
  assert.match(stderr, /--max-header-size/);
});

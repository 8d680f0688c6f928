import { strict as assert } from "node:assert";
import { Status } from "../../rpc/status.ts";
import {
  CODE,
  FLAG,
  FRAME,
  frame,
  goaway,
  grpcResponse,
  headers,
  openEnvelopes,
  rstStream,
  SETTING,
  settings,
} from "../support/wire.ts";
import { follow, METHODS } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";
import { sendAnswer, withScriptedServer } from "./support/with_scripted_server.ts";

testTimed(
  "A call that was refused is started again once, with all that was sent",
  () =>
    withScriptedServer(async (channel, accept) => {
      const call = channel.call(METHODS.Bidi);
      call.send("one");
      const peer = await accept();
      await peer.expectData(1, 8);
      // Sent on the open stream, after what came before has left.
      call.send("two");
      await peer.expectData(1, 8);
      call.send("three");
      await peer.expectData(1, 10);
      await peer.send(rstStream(1, CODE.REFUSED_STREAM));
      await peer.expectHeaders(3);
      const texts = openEnvelopes(await peer.expectData(3, 26)).map((m) =>
        new TextDecoder().decode(m)
      );
      assert.deepEqual(texts, ["one", "two", "three"]);
      call.send("four");
      assert.deepEqual(openEnvelopes(await peer.expectData(3, 9)).length, 1);
      call.end();
      await sendAnswer(peer, 3);
      assert.equal((await call.responses.next()).value, "answer");
      assert.equal((await call.status).code, Status.OK);
    }),
);

testTimed(
  "A call that is refused twice is UNAVAILABLE",
  () =>
    withScriptedServer(async (channel, accept) => {
      const following = follow(channel, "Unary");
      const peer = await accept();
      for (const streamId of [1, 3]) {
        await peer.expectHeaders(streamId);
        await peer.send(rstStream(streamId, CODE.REFUSED_STREAM));
      }
      const { status } = await following;
      assert.equal(status.code, Status.UNAVAILABLE);
      assert.match(status.message, /REFUSED_STREAM/);
    }),
);

testTimed(
  "A call that a GOAWAY leaves out is started again on a new connection",
  () =>
    withScriptedServer(async (channel, accept) => {
      const first = follow(channel, "ServerStream");
      const peer = await accept();
      await peer.expectHeaders(1);
      const second = follow(channel, "ServerStream");
      await peer.expectHeaders(3);
      await peer.send(goaway(1));
      const next = await accept();
      await next.expectHeaders(1);
      await next.expectData(1, 10);
      await sendAnswer(next, 1);
      assert.deepEqual((await second).answers, ["answer"]);
      // The one that was taken goes on where it is.
      await sendAnswer(peer, 1);
      assert.deepEqual((await first).answers, ["answer"]);
      await peer.expectClosed();
    }),
);

testTimed(
  "A call that the server has begun to answer is not started again",
  () =>
    withScriptedServer(async (channel, accept) => {
      const call = channel.call(METHODS.Bidi);
      call.send("one");
      const peer = await accept();
      await peer.expectHeaders(1);
      await peer.send(headers(1, grpcResponse()), rstStream(1, CODE.REFUSED_STREAM));
      assert.equal((await call.status).code, Status.UNAVAILABLE);
      await peer.roundTrip();
      peer.expectNone(FRAME.HEADERS);
    }),
);

testTimed(
  "A call that has sent more than is kept is not started again",
  () =>
    withScriptedServer(async (channel, accept) => {
      const call = channel.call(METHODS.Bidi);
      const peer = await accept();
      await peer.send(settings([[SETTING.INITIAL_WINDOW_SIZE, 10_000_000]]));
      await peer.send(frame(FRAME.WINDOW_UPDATE, FLAG.NONE, 0, Uint8Array.of(1, 0, 0, 0)));
      for (let sent = 0; sent < 300; sent++) {
        if (!call.send("x".repeat(1000))) await call.ready();
      }
      await peer.expectData(1, 300_000);
      await peer.send(rstStream(1, CODE.REFUSED_STREAM));
      assert.equal((await call.status).code, Status.UNAVAILABLE);
    }),
);

// What a channel makes of answers that are not quite gRPC, made frame by frame.
import { strict as assert } from "node:assert";
import { Status } from "../../rpc/status.ts";
import {
  CODE,
  data,
  envelope,
  type Fields,
  grpcResponse,
  grpcTrailers,
  headers,
  rstStream,
} from "../support/wire.ts";
import { follow, METHODS } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";
import { ANSWER, withScriptedServer } from "./support/with_scripted_server.ts";

testTimed(
  "A unary call with two answers, or none, is UNIMPLEMENTED",
  () =>
    withScriptedServer(async (channel, accept) => {
      const two = channel.unary(METHODS.Unary, "hello");
      const peer = await accept();
      await peer.expectHeaders(1);
      await peer.send(headers(1, grpcResponse()), data(1, ANSWER), data(1, ANSWER));
      await assert.rejects(two, { code: Status.UNIMPLEMENTED });
      const none = channel.unary(METHODS.Unary, "hello");
      await peer.expectHeaders(3);
      await peer.send(headers(3, grpcResponse([["grpc-status", "0"]]), { endStream: true }));
      await assert.rejects(none, { code: Status.UNIMPLEMENTED });
    }),
);

/** What a server may end a call with, and the status that it comes to. */
const ENDINGS: readonly {
  readonly name: string;
  readonly head: Fields;
  readonly trailers?: Fields;
  readonly code: number;
  readonly says: RegExp;
}[] = [
  { name: "HTTP 404 alone", head: [[":status", "404"]], code: 12, says: /HTTP status 404/ },
  {
    name: "HTTP 503 with HTML",
    head: [[":status", "503"], ["content-type", "text/html"]],
    code: 14,
    says: /text\/html/,
  },
  {
    name: "HTTP 200 with HTML",
    head: [[":status", "200"], ["content-type", "text/html"]],
    code: 2,
    says: /not gRPC/,
  },
  {
    name: "HTTP 401 with grpc-status 7",
    head: [[":status", "401"], ["grpc-status", "7"]],
    code: 7,
    says: /^$/,
  },
  {
    name: "no grpc-status in the trailers",
    head: grpcResponse(),
    trailers: [["x", "y"]],
    code: 2,
    says: /no grpc-status/,
  },
  {
    name: "grpc-status 17",
    head: grpcResponse(),
    trailers: grpcTrailers(17),
    code: 2,
    says: /"17"/,
  },
  {
    name: "grpc-status OK in letters",
    head: grpcResponse(),
    trailers: [["grpc-status", "OK"]],
    code: 2,
    says: /"OK"/,
  },
  {
    name: "grpc-status -1",
    head: grpcResponse(),
    trailers: [["grpc-status", "-1"]],
    code: 2,
    says: /"-1"/,
  },
  {
    name: "grpc-status in the head, another one in the trailers",
    head: grpcResponse([["grpc-status", "5"]]),
    trailers: grpcTrailers(6),
    code: 6,
    says: /^$/,
  },
  {
    name: "a message with a bad escape",
    head: grpcResponse(),
    trailers: grpcTrailers(5, [["grpc-message", "100% %zz %E2%98%BA %"]]),
    code: 5,
    says: /^100% %zz ☺ %$/,
  },
  {
    name: "a message that is not UTF-8",
    head: grpcResponse(),
    trailers: grpcTrailers(5, [["grpc-message", "%ff"]]),
    code: 5,
    says: /^\ufffd$/,
  },
  {
    name: "details that are not base64",
    head: grpcResponse(),
    trailers: grpcTrailers(5, [["grpc-status-details-bin", "***"]]),
    code: 5,
    says: /^$/,
  },
  {
    name: "a -bin trailer that is not base64",
    head: grpcResponse(),
    trailers: grpcTrailers(0, [["x-bin", "***"]]),
    code: 13,
    says: /x-bin/,
  },
  {
    name: "a -bin header that is not base64",
    head: grpcResponse([["x-bin", "***"]]),
    code: 13,
    says: /x-bin/,
  },
  {
    name: "an unknown grpc-encoding",
    head: grpcResponse([["grpc-encoding", "br"]]),
    code: 13,
    says: /"br"/,
  },
];

for (const { name, head, trailers, code, says } of ENDINGS) {
  testTimed(
    `A call that ends with ${name} has status ${code}`,
    () =>
      withScriptedServer(async (channel, accept) => {
        const following = follow(channel, "Bidi");
        const peer = await accept();
        await peer.expectHeaders(1);
        await peer.send(headers(1, head, { endStream: trailers === undefined && code !== 13 }));
        if (trailers !== undefined) await peer.send(headers(1, trailers, { endStream: true }));
        const { status } = await following;
        assert.equal(`${status.code} ${status.message}`, `${code} ${status.message}`);
        assert.match(status.message, says);
        await peer.roundTrip();
      }),
  );
}

/** Faults of a server on one stream, and the status that they come to. */
const FAULTS = [
  {
    name: "DATA that ends the stream",
    send: [headers(1, grpcResponse()), data(1, ANSWER, { endStream: true })],
    code: 13,
    says: /sent no status/,
    answers: 1,
  },
  {
    name: "half a message and OK",
    send: [
      headers(1, grpcResponse()),
      data(1, ANSWER.subarray(0, 7)),
      headers(1, grpcTrailers(), { endStream: true }),
    ],
    code: 13,
    says: /within a message/,
    answers: 0,
  },
  {
    name: "a message with flag 7",
    send: [headers(1, grpcResponse()), data(1, Uint8Array.of(7, 0, 0, 0, 0))],
    code: 13,
    says: /flag 7/,
    answers: 0,
  },
  {
    name: "a compressed message without grpc-encoding",
    send: [headers(1, grpcResponse()), data(1, envelope(Uint8Array.of(1), true))],
    code: 13,
    says: /names no grpc-encoding/,
    answers: 0,
  },
  {
    name: "a compressed message that is not gzip",
    send: [
      headers(1, grpcResponse([["grpc-encoding", "gzip"]])),
      data(1, envelope(Uint8Array.of(1), true)),
    ],
    code: 13,
    says: /not gzip/,
    answers: 0,
  },
  {
    name: "DATA before its head",
    send: [data(1, ANSWER)],
    code: 13,
    says: /PROTOCOL_ERROR/,
    answers: 0,
  },
  {
    name: "HEADERS in the middle",
    send: [headers(1, grpcResponse()), headers(1, grpcTrailers())],
    code: 13,
    says: /PROTOCOL_ERROR/,
    answers: 0,
  },
  {
    name: "a head without :status",
    send: [headers(1, [["content-type", "application/grpc"]])],
    code: 13,
    says: /PROTOCOL_ERROR/,
    answers: 0,
  },
  {
    name: "RST_STREAM with CANCEL",
    send: [headers(1, grpcResponse()), data(1, ANSWER), rstStream(1, CODE.CANCEL)],
    code: 1,
    says: /CANCEL/,
    answers: 1,
  },
  {
    name: "RST_STREAM with ENHANCE_YOUR_CALM",
    send: [rstStream(1, CODE.ENHANCE_YOUR_CALM)],
    code: 8,
    says: /CALM/,
    answers: 0,
  },
  {
    name: "interim heads before the head",
    send: [
      headers(1, [[":status", "103"]]),
      headers(1, grpcResponse()),
      data(1, ANSWER),
      headers(1, grpcTrailers(9), { endStream: true }),
    ],
    code: 9,
    says: /^$/,
    answers: 1,
  },
  {
    name: "a status, then RST_STREAM",
    send: [
      headers(1, grpcResponse()),
      data(1, ANSWER),
      headers(1, grpcTrailers(), { endStream: true }),
      rstStream(1, CODE.INTERNAL_ERROR),
    ],
    code: 0,
    says: /^$/,
    answers: 1,
  },
] as const;

for (const { name, send, code, says, answers } of FAULTS) {
  testTimed(
    `A server that sends ${name} ends the call with status ${code}`,
    () =>
      withScriptedServer(async (channel, accept) => {
        const call = channel.call(METHODS.Bidi);
        const reading = Array.fromAsync(call.responses).then(() => undefined, (error) => error);
        const peer = await accept();
        await peer.expectHeaders(1);
        await peer.send(...send);
        const status = await call.status;
        const failure = await reading ?? status;
        assert.equal(`${failure.code} ${failure.message}`, `${code} ${failure.message}`);
        assert.match(failure.message, says);
        assert.ok(status.code === failure.code || status.code === Status.OK);
        assert.equal(call.responses.count, answers);
        await peer.roundTrip();
      }),
  );
}

testTimed(
  "A connection that breaks ends its calls with UNAVAILABLE, after what has arrived",
  () =>
    withScriptedServer(async (channel, accept) => {
      const call = channel.call(METHODS.Bidi);
      const peer = await accept();
      await peer.expectHeaders(1);
      await peer.send(headers(1, grpcResponse()), data(1, ANSWER));
      await call.headers;
      await peer.close();
      assert.equal((await call.responses.next()).value, "answer");
      await assert.rejects(call.responses.next(), { code: Status.UNAVAILABLE });
      assert.equal((await call.status).code, Status.UNAVAILABLE);
    }),
);

testTimed(
  "A channel tells a server that ends a call early that it is done",
  () =>
    withScriptedServer(async (channel, accept) => {
      const call = channel.call(METHODS.Bidi);
      call.send("hello");
      const peer = await accept();
      await peer.expectHeaders(1);
      await peer.send(headers(1, grpcResponse(grpcTrailers(5)), { endStream: true }));
      assert.equal((await call.status).code, Status.NOT_FOUND);
      await peer.expectReset(1, CODE.NO_ERROR);
    }),
);

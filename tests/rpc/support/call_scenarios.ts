import { strict as assert } from "node:assert";
import type { Handlers, ServerCallContext } from "../../../rpc/handlers.ts";
import { Metadata } from "../../../rpc/metadata.ts";
import { RpcError, Status } from "../../../rpc/status.ts";
import { connectScripted } from "../../support/scripted_peer.ts";
import {
  CODE,
  data,
  envelope,
  grpcRequest,
  headers,
  openEnvelopes,
  rstStream,
} from "../../support/wire.ts";
import { startTestServer, type TestServerOptions } from "./start_test_server.ts";
import {
  follow,
  type Kind,
  METHODS,
  type Outcome,
  type Script,
  UNREADABLE,
} from "./test_service.ts";
import { testTimed } from "./test_timed.ts";

/** Answers each request with itself. */
const echo: Script = async function* (requests) {
  for await (const request of requests) yield `echo ${request}`;
};

async function* failing(error: Error): AsyncGenerator<string> {
  yield* [];
  throw error;
}

/** A handler that hangs, and what becomes of it. */
function createHanging() {
  const begun = Promise.withResolvers<ServerCallContext>();
  const cleaned = Promise.withResolvers<void>();
  const script: Script = async function* (_requests, call) {
    try {
      const aborted = new Promise<never>((_, reject) => {
        call.signal.addEventListener("abort", () => reject(call.signal.reason), { once: true });
      });
      begun.resolve(call);
      await aborted;
      yield "never";
    } finally {
      cleaned.resolve();
    }
  };
  return { script, begun: begun.promise, cleaned: cleaned.promise };
}

function checkStatus({ status }: Outcome, code: number, message: string | RegExp = /^/): void {
  const found = `${status.code} ${status.message}`;
  assert.equal(status.code, code, found);
  if (typeof message === "string") assert.equal(status.message, message);
  else assert.match(status.message, message);
}

const HELLO = new TextEncoder().encode("hello");

/** What stands between the handlers and the server, and its name. */
export interface Detour {
  readonly name: string;
  readonly adapt?: TestServerOptions["adapt"];
  /** Options of the server besides. */
  readonly server?: TestServerOptions["server"];
}

/** The scenarios that every kind of call must pass, each as a test. */
export function testEveryScenario(kind: Kind, detour?: Detour): void {
  const test = (name: string, run: () => Promise<void>) =>
    testTimed(`${kind}${detour === undefined ? "" : ` ${detour.name}`}: ${name}`, run);
  const start = (handlers: Script | Handlers, options: TestServerOptions = {}) =>
    startTestServer(handlers, {
      ...options,
      adapt: detour?.adapt,
      server: { ...options.server, ...detour?.server },
    });
  const streamsAnswers = kind === "ServerStream" || kind === "Bidi";
  const streamsRequests = kind === "ClientStream" || kind === "Bidi";

  test("a call is answered, and the server records it", async () => {
    await using t = start(echo);
    const outcome = await follow(t.channel, kind, ["one"]);
    checkStatus(outcome, Status.OK, "");
    assert.deepEqual(outcome.answers, ["echo one"]);
    await t.ended(1);
    const [{ path, code, received, sent, durationMs }] = t.records;
    assert.deepEqual([path, code, received, sent], [`/test.Service/${kind}`, 0, 1, 1]);
    assert.ok(durationMs >= 0);
  });

  test("an empty message and one of 1 MiB are answered", async () => {
    await using t = start(echo);
    for (const text of ["", "x".repeat(1_048_576)]) {
      const { answers } = await follow(t.channel, kind, [text]);
      assert.ok(answers.length === 1 && answers[0] === `echo ${text}`);
    }
  });

  test("a refusal before any answer carries code, message, details and trailers", async () => {
    await using t = start((_requests, call) => {
      call.responseTrailers.set("x-of-call", "1");
      const details = Uint8Array.of(1, 2);
      const metadata = Metadata.of({ "x-of-error": "2" });
      return failing(new RpcError(Status.NOT_FOUND, "no ☺ 100%\n", { details, metadata }));
    });
    const outcome = await follow(t.channel, kind);
    checkStatus(outcome, Status.NOT_FOUND, "no ☺ 100%\n");
    const { details, trailers } = outcome.status;
    assert.deepEqual([...details ?? []], [1, 2]);
    assert.deepEqual([trailers.text("x-of-call"), trailers.text("x-of-error")], ["1", "2"]);
    assert.deepEqual(t.failures, []);
  });

  test("what is thrown and no RpcError leaves as a neutral UNKNOWN and is reported once", async () => {
    const secret = new Error("password 1234");
    await using t = start(() => failing(secret));
    const outcome = await follow(t.channel, kind);
    checkStatus(outcome, Status.UNKNOWN, "The handler failed");
    assert.deepEqual(t.failures, [{ error: secret, path: `/test.Service/${kind}` }]);
  });

  test("an answer that cannot be encoded ends the call with INTERNAL", async () => {
    await using t = start(async function* () {
      yield UNREADABLE;
    });
    checkStatus(await follow(t.channel, kind), Status.INTERNAL, /^Cannot encode a message: /);
  });

  test("a request that cannot be encoded ends the call with INTERNAL", async () => {
    await using t = start(echo);
    const outcome = await follow(t.channel, kind, [UNREADABLE]);
    checkStatus(outcome, Status.INTERNAL, "Cannot encode a message: this text does not fit");
  });

  test("metadata travels both ways, octets included", async () => {
    await using t = start(async function* (_requests, call) {
      assert.deepEqual(call.metadata.get("x-text"), ["one", "two"]);
      const [octets] = call.metadata.get("x-octets-bin");
      assert.ok(octets instanceof Uint8Array);
      assert.deepEqual([...octets], [0, 255]);
      assert.match(call.metadata.text("user-agent") ?? "", /^mine\/1 grpc-broker\//);
      assert.match(call.peer, /^127\.0\.0\.1:\d+$/);
      assert.equal(call.authority, "example.test");
      call.responseHeaders.set("x-header", "h");
      call.responseTrailers.add("x-trailer-bin", Uint8Array.of(7));
      yield "ok";
    }, { channel: { userAgent: "mine/1", authority: "example.test" } });
    const metadata = new Metadata();
    metadata.add("X-Text", "one");
    metadata.add("x-text", "two");
    metadata.add("x-octets-bin", Uint8Array.of(0, 255));
    const outcome = await follow(t.channel, kind, ["hello"], { metadata });
    checkStatus(outcome, Status.OK, "");
    assert.equal(outcome.headers.text("x-header"), "h");
    assert.deepEqual(outcome.status.trailers.get("x-trailer-bin"), [Uint8Array.of(7)]);
    assert.deepEqual(t.failures, []);
  });

  test("headers that the handler sends reach the client before an answer does", async () => {
    const release = Promise.withResolvers<void>();
    await using t = start(async function* (_requests, call) {
      call.responseHeaders.set("x-early", "yes");
      call.sendHeaders();
      call.sendHeaders();
      await release.promise;
      yield "late";
    });
    const pending = t.channel.call(METHODS[kind]);
    pending.send("hello");
    pending.end();
    assert.equal((await pending.headers).text("x-early"), "yes");
    release.resolve();
    assert.equal((await pending.responses.next()).value, "late");
    assert.equal((await pending.responses.next()).done, true);
    assert.equal((await pending.status).code, Status.OK);
  });

  test("the client's deadline ends the call on both sides", async () => {
    const hanging = createHanging();
    await using t = start(hanging.script);
    await t.channel.connect();
    const outcome = await follow(t.channel, kind, ["hello"], { timeoutMs: 100 });
    checkStatus(outcome, Status.DEADLINE_EXCEEDED);
    const call = await hanging.begun;
    await hanging.cleaned;
    const leftMs = (call.deadline?.getTime() ?? NaN) - Date.now();
    // The server's begins when the call arrives: later, but not by more than the client waited.
    assert.ok(leftMs <= 100 && leftMs > -5000, `the deadline is ${leftMs} ms off`);
    assert.ok(call.signal.reason instanceof RpcError);
  });

  test("the server ends a call at its deadline, without the client's help", async () => {
    const hanging = createHanging();
    await using t = start(hanging.script);
    await using peer = await connectScripted(t.port);
    const timeout = [["grpc-timeout", "50m"]] as const;
    await peer.send(headers(1, grpcRequest(`/test.Service/${kind}`, timeout)));
    await peer.send(data(1, envelope(HELLO), { endStream: true }));
    assert.equal((await peer.expectHeaders(1)).get("grpc-status"), "4");
    await hanging.cleaned;
    await peer.roundTrip();
  });

  test("a cancelled call aborts the handler's signal and runs its finally", async () => {
    const hanging = createHanging();
    await using t = start(hanging.script);
    const abort = new AbortController();
    const following = follow(t.channel, kind, ["hello"], { signal: abort.signal });
    const call = await hanging.begun;
    abort.abort();
    checkStatus(await following, Status.CANCELLED);
    await hanging.cleaned;
    assert.equal(call.signal.reason.code, Status.CANCELLED);
    await t.ended(1);
    assert.equal(t.records[0].code, Status.CANCELLED);
    assert.deepEqual(t.failures, []);
  });

  test("a signal that was aborted before the call cancels it", async () => {
    await using t = start(echo);
    const outcome = await follow(t.channel, kind, ["hello"], { signal: AbortSignal.abort() });
    checkStatus(outcome, Status.CANCELLED);
  });

  test("a reset by the client aborts the handler's signal", async () => {
    const hanging = createHanging();
    await using t = start(hanging.script);
    await using peer = await connectScripted(t.port);
    await peer.send(headers(1, grpcRequest(`/test.Service/${kind}`)));
    await peer.send(data(1, envelope(HELLO), { endStream: true }));
    const call = await hanging.begun;
    await peer.send(rstStream(1, CODE.CANCEL));
    await hanging.cleaned;
    assert.equal(call.signal.reason.message, "The client cancelled the call");
  });

  test("a message above the limit ends the call with RESOURCE_EXHAUSTED, either way", async () => {
    await using t = start(async function* (requests) {
      for await (const request of requests) yield request === "grow" ? "x".repeat(2000) : "ok";
    }, { server: { maxMessageOctets: 1000 }, channel: { maxMessageOctets: 1000 } });
    const message = /^Cannot receive a message of 2000 octets: at most 1000 are allowed$/;
    checkStatus(
      await follow(t.channel, kind, ["x".repeat(2000)]),
      Status.RESOURCE_EXHAUSTED,
      message,
    );
    checkStatus(await follow(t.channel, kind, ["grow"]), Status.RESOURCE_EXHAUSTED, message);
    checkStatus(await follow(t.channel, kind, ["x".repeat(1000)]), Status.OK);
  });

  test("messages are compressed both ways", async () => {
    await using t = start(echo, { server: { compression: "gzip" } });
    const text = "compress me ".repeat(1000);
    const { answers } = await follow(t.channel, kind, [text], { compression: "gzip" });
    assert.ok(answers[0] === `echo ${text}`);
    await using peer = await connectScripted(t.port);
    const accepts = [["grpc-accept-encoding", "deflate, gzip"]] as const;
    await peer.send(headers(1, grpcRequest(`/test.Service/${kind}`, accepts)));
    await peer.send(data(1, envelope(HELLO), { endStream: true }));
    assert.equal((await peer.expectHeaders(1)).get("grpc-encoding"), "gzip");
    const [flag] = await peer.expectData(1, 5);
    assert.equal(flag, 1);
  });

  test("answers are not compressed for a client that does not ask for it", async () => {
    await using t = start(echo, { server: { compression: "gzip" } });
    await using peer = await connectScripted(t.port);
    await peer.send(headers(1, grpcRequest(`/test.Service/${kind}`)));
    await peer.send(data(1, envelope(HELLO), { endStream: true }));
    assert.equal((await peer.expectHeaders(1)).get("grpc-encoding"), undefined);
    const [answer] = openEnvelopes(await peer.expectData(1, 15));
    assert.equal(new TextDecoder().decode(answer), "echo hello");
  });

  test("a method without a handler is UNIMPLEMENTED", async () => {
    await using t = start({});
    checkStatus(
      await follow(t.channel, kind),
      Status.UNIMPLEMENTED,
      `The server has no method "/test.Service/${kind}"`,
    );
  });

  if (!streamsRequests) {
    test("no message, and a second one, are UNIMPLEMENTED", async () => {
      await using t = start(echo);
      checkStatus(await follow(t.channel, kind, []), Status.UNIMPLEMENTED, /none came$/);
      checkStatus(await follow(t.channel, kind, ["1", "2"]), Status.UNIMPLEMENTED, /more came$/);
    });
  }

  if (streamsRequests) {
    test("a stream without requests is answered", async () => {
      await using t = start(async function* (requests) {
        let count = 0;
        for await (const _ of requests) count++;
        yield `${count} came`;
      });
      assert.deepEqual((await follow(t.channel, kind, [])).answers, ["0 came"]);
    });

    test("10,000 requests arrive in order", async () => {
      await using t = start(async function* (requests) {
        let next = 0;
        for await (const request of requests) assert.equal(request, String(next++));
        yield `${next} came`;
      });
      const requests = Array.from({ length: 10_000 }, (_, id) => String(id));
      assert.deepEqual((await follow(t.channel, kind, requests)).answers, ["10000 came"]);
    });

    test("a handler may answer before the client has sent all", async () => {
      await using t = start(async function* (requests) {
        for await (const request of requests) {
          yield `enough of ${request}`;
          return;
        }
      });
      const stopped = Promise.withResolvers<void>();
      const outcome = await follow(t.channel, kind, endless(stopped.resolve));
      checkStatus(outcome, Status.OK);
      assert.deepEqual(outcome.answers, ["enough of 0"]);
      // The source of the requests is told.
      await stopped.promise;
    });

    test("a failing source of requests cancels the call", async () => {
      const hanging = createHanging();
      await using t = start(hanging.script);
      const outcome = await follow(
        t.channel,
        kind,
        async function* () {
          yield "first";
          await hanging.begun;
          throw new Error("the file ended");
        }(),
      );
      checkStatus(outcome, Status.CANCELLED, "The requests could not be read");
      await hanging.cleaned;
    });
  }

  if (streamsAnswers) {
    test("a stream without answers is OK", async () => {
      await using t = start(async function* () {});
      const outcome = await follow(t.channel, kind);
      checkStatus(outcome, Status.OK);
      assert.deepEqual(outcome.answers, []);
    });

    test("10,000 answers arrive in order", async () => {
      await using t = start(async function* () {
        for (let id = 0; id < 10_000; id++) yield String(id);
      });
      const { answers } = await follow(t.channel, kind);
      assert.equal(answers.length, 10_000);
      answers.forEach((answer, id) => assert.equal(answer, String(id)));
    });

    test("answers before a refusal and before a fault arrive", async () => {
      for (const error of [new RpcError(Status.OUT_OF_RANGE, "end of data"), new Error("oops")]) {
        await using t = start(async function* () {
          yield "1";
          yield "2";
          throw error;
        });
        const outcome = await follow(t.channel, kind);
        assert.deepEqual(outcome.answers, ["1", "2"]);
        const declared = error instanceof RpcError;
        checkStatus(outcome, declared ? Status.OUT_OF_RANGE : Status.UNKNOWN);
      }
    });

    test("leaving the answers early cancels the call", async () => {
      const cleaned = Promise.withResolvers<void>();
      await using t = start(async function* () {
        try {
          for (let id = 0;; id++) yield String(id);
        } finally {
          cleaned.resolve();
        }
      });
      const answers = kind === "Bidi"
        ? t.channel.bidirectional(METHODS.Bidi, ["hello"])
        : t.channel.serverStreaming(METHODS.ServerStream, "hello");
      for await (const answer of answers) if (answer === "3") break;
      await cleaned.promise;
    });
  }
}

/** 0, 1, 2, … until it is told to stop. */
async function* endless(stopped: () => void): AsyncGenerator<string> {
  try {
    for (let id = 0;; id++) yield String(id);
  } finally {
    stopped();
  }
}

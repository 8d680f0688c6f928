import { strict as assert } from "node:assert";
import { fromGrpcJs } from "../../rpc/from_grpc_js.ts";
import type { ServerCallContext } from "../../rpc/handlers.ts";
import type { ServerInterceptor } from "../../rpc/interceptors.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import { toGrpcJs } from "../../rpc/to_grpc_js.ts";
import { connectScripted } from "../support/scripted_peer.ts";
import { data, envelope, grpcRequest, headers } from "../support/wire.ts";
import { startTestServer, type TestServerOptions } from "./support/start_test_server.ts";
import { follow, type Kind, METHODS, type Script, SERVICE } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";

const KINDS: readonly Kind[] = ["Unary", "ServerStream", "ClientStream", "Bidi"];

const echo: Script = async function* (requests) {
  for await (const request of requests) yield `echo ${request}`;
};

/** A server whose calls pass these interceptors. */
function start(
  interceptors: readonly ServerInterceptor[],
  handlers: Parameters<typeof startTestServer>[0] = echo,
  options: TestServerOptions = {},
) {
  return startTestServer(handlers, { ...options, server: { interceptors } });
}

/** Notes when it is passed, in and out. */
function noting(notes: string[], name: string): ServerInterceptor {
  return async (call, next) => {
    notes.push(`${name} in`);
    call.onRequest((message: string) => {
      notes.push(`${name} request ${message}`);
      return `${message}${name}`;
    });
    call.onResponse((message: string) => {
      notes.push(`${name} response ${message}`);
      return `${message}${name}`;
    });
    await Promise.resolve();
    try {
      await next();
      notes.push(`${name} out`);
    } catch (error) {
      notes.push(`${name} caught ${error instanceof Error ? error.message : error}`);
      throw error;
    }
  };
}

for (const kind of KINDS) {
  testTimed(`${kind}: requests pass interceptors outside-in, responses inside-out`, async () => {
    const notes: string[] = [];
    await using t = start([noting(notes, "A"), noting(notes, "B")]);
    const { answers, status } = await follow(t.channel, kind, ["x"]);
    assert.deepEqual([answers, status.code], [["echo xABBA"], Status.OK]);
    assert.deepEqual(notes, [
      "A in",
      "B in",
      "A request x",
      "B request xA",
      "B response echo xAB",
      "A response echo xABB",
      "B out",
      "A out",
    ]);
    await t.ended(1);
    assert.deepEqual([t.records[0].received, t.records[0].sent], [1, 1]);
  });

  testTimed(`${kind}: a refusal before next() never reaches the handler`, async () => {
    let handled = 0;
    const trailers = Metadata.of({ "x-why": "closed" });
    const details = Uint8Array.of(1, 2);
    const refusal = new RpcError(Status.PERMISSION_DENIED, "no ☺", { details, metadata: trailers });
    const notes: string[] = [];
    const handler: Script = async function* (requests) {
      handled++;
      yield* requests;
    };
    await using t = start([
      noting(notes, "A"),
      () => {
        throw refusal;
      },
    ], handler);
    const { answers, status } = await follow(t.channel, kind);
    assert.deepEqual([answers, status.code, status.message], [[], refusal.code, "no ☺"]);
    assert.deepEqual([[...status.details ?? []], status.trailers.text("x-why")], [
      [1, 2],
      "closed",
    ]);
    assert.deepEqual([handled, notes, t.failures], [0, ["A in", "A caught no ☺"], []]);
  });

  testTimed(
    `${kind}: what a handler throws reaches interceptors raw, who may give it a status`,
    async () => {
      const failure = new TypeError("secret");
      const seen: unknown[] = [];
      await using t = start([async (_call, next) => {
        try {
          await next();
        } catch (error) {
          seen.push(error);
          throw new RpcError(Status.FAILED_PRECONDITION, "not ready");
        }
      }], () => failing(failure));
      const { status } = await follow(t.channel, kind);
      assert.deepEqual([status.code, status.message], [Status.FAILED_PRECONDITION, "not ready"]);
      assert.ok(seen.length === 1 && seen[0] === failure);
      assert.deepEqual(t.failures, [], "an error with a status is no fault of the server");
    },
  );

  testTimed(
    `${kind}: an error that no interceptor knows leaves as a neutral UNKNOWN, logged once`,
    async () => {
      const failure = new TypeError("secret");
      const notes: string[] = [];
      await using t = start([noting(notes, "A"), noting(notes, "B")], () => failing(failure));
      const { status } = await follow(t.channel, kind);
      assert.deepEqual([status.code, status.message], [Status.UNKNOWN, "The handler failed"]);
      assert.deepEqual(t.failures, [{ error: failure, path: `/test.Service/${kind}` }]);
      assert.deepEqual(notes.slice(-2), ["B caught secret", "A caught secret"]);
    },
  );

  testTimed(
    `${kind}: a hook refuses one request with an RpcError, whatever the handler makes of it`,
    async () => {
      const deaf: Script = async function* (requests) {
        try {
          for await (const request of requests) yield `echo ${request}`;
        } catch {
          yield "all is well";
        }
      };
      await using t = start([(call, next) => {
        call.onRequest((message: string) => {
          if (message === "bad") throw new RpcError(Status.INVALID_ARGUMENT, "bad is bad");
        });
        return next();
      }], deaf);
      const { status } = await follow(t.channel, kind, ["bad"]);
      assert.deepEqual([status.code, status.message], [Status.INVALID_ARGUMENT, "bad is bad"]);
    },
  );

  testTimed(
    `${kind}: a hook that throws on an answer ends the call, with the error for the interceptors`,
    async () => {
      const failure = new RangeError("secret");
      const notes: string[] = [];
      await using t = start([noting(notes, "A"), (call, next) => {
        call.onResponse(() => {
          throw failure;
        });
        return next();
      }]);
      const { answers, status } = await follow(t.channel, kind);
      assert.deepEqual([answers, status.code], [[], Status.UNKNOWN]);
      assert.deepEqual([notes.at(-1), t.failures.map(({ error }) => error)], [
        "A caught secret",
        [failure],
      ]);
    },
  );

  testTimed(`${kind}: trailers and headers of interceptors arrive`, async () => {
    await using t = start([async (call, next) => {
      call.responseHeaders.set("x-before", "1");
      await next();
      call.responseTrailers.set("x-after", String(call.sent));
    }]);
    const { headers, status } = await follow(t.channel, kind);
    assert.deepEqual([headers.text("x-before"), status.trailers.text("x-after")], ["1", "1"]);
  });

  testTimed(
    `${kind}: next() rejects when the client cancels, though the handler hangs on; its place stays taken`,
    async () => {
      const entered = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      const seen = Promise.withResolvers<unknown>();
      const hanging: Script = async function* () {
        entered.resolve();
        await released.promise;
        yield "too late";
      };
      await using t = start([async (_call, next) => {
        await next().catch(seen.resolve);
      }], hanging);
      const call = t.channel.call(METHODS[kind]);
      call.send("x");
      call.end();
      await entered.promise;
      call.cancel();
      const error = await seen.promise;
      assert.ok(error instanceof RpcError && error.code === Status.CANCELLED, String(error));
      await t.ended(1);
      await new Promise((resolve) => setTimeout(resolve, 0));
      assert.equal(t.server.stats.running, 1);
      released.resolve();
      await t.ended(1);
      assert.deepEqual([t.records[0].code, t.failures], [Status.CANCELLED, []]);
    },
  );

  testTimed(`${kind}: next() rejects at the deadline, though the handler hangs on`, async () => {
    const released = Promise.withResolvers<void>();
    const seen = Promise.withResolvers<unknown>();
    const hanging: Script = async function* () {
      await released.promise;
      yield "too late";
    };
    await using t = start([async (_call, next) => {
      await next().catch(seen.resolve);
    }], hanging);
    await using peer = await connectScripted(t.port);
    await peer.send(headers(1, grpcRequest(`/test.Service/${kind}`, [["grpc-timeout", "50m"]])));
    await peer.send(data(1, envelope(new TextEncoder().encode("x")), { endStream: true }));
    assert.equal((await peer.expectHeaders(1)).get("grpc-status"), "4");
    const error = await seen.promise;
    assert.ok(error instanceof RpcError && error.code === Status.DEADLINE_EXCEEDED, String(error));
    released.resolve();
  });

  testTimed(`${kind}: a service of grpc-js passes interceptors as any other`, async () => {
    const notes: string[] = [];
    await using t = start([noting(notes, "A")], echo, {
      adapt: (handlers, onHandlerError) =>
        fromGrpcJs(toGrpcJs(handlers, SERVICE, { onHandlerError }), SERVICE),
    });
    const { answers } = await follow(t.channel, kind, ["x"]);
    assert.deepEqual(answers, ["echo xAA"]);
    assert.deepEqual(notes, ["A in", "A request x", "A response echo xA", "A out"]);
  });
}

async function* failing(error: Error): AsyncGenerator<string> {
  yield* [];
  throw error;
}

testTimed("Every message of a stream passes the hooks, each by itself", async () => {
  const seen: string[] = [];
  await using t = start([(call, next) => {
    call.onRequest((message: string) => void seen.push(message));
    call.onResponse((message: string) => message.toUpperCase());
    return next();
  }]);
  const { answers } = await follow(t.channel, "Bidi", ["a", "b", "c"]);
  assert.deepEqual(seen, ["a", "b", "c"]);
  assert.deepEqual(answers, ["ECHO A", "ECHO B", "ECHO C"]);
});

testTimed("Answers to the requests before a refused one still arrive", async () => {
  await using t = start([(call, next) => {
    call.onRequest((message: string) => {
      if (message === "bad") throw new RpcError(Status.INVALID_ARGUMENT, "bad is bad");
    });
    return next();
  }]);
  const call = t.channel.call(METHODS.Bidi);
  call.send("one");
  assert.equal((await call.responses.next()).value, "echo one");
  call.send("bad");
  await assert.rejects(call.responses.next(), { name: "RpcError", message: "bad is bad" });
});

testTimed("A handler that hangs is told when a hook has ended its call", async () => {
  const told = Promise.withResolvers<void>();
  const handler = (requests: AsyncIterator<string>, call: ServerCallContext) => ({
    async *[Symbol.asyncIterator]() {
      const aborted = new Promise<void>((resolve) =>
        call.signal.addEventListener("abort", () => resolve(), { once: true })
      );
      requests.next().catch(() => {});
      await aborted;
      told.resolve();
      yield "too late";
    },
  });
  await using t = start([(call, next) => {
    call.onRequest(() => {
      throw new RpcError(Status.INVALID_ARGUMENT, "no");
    });
    return next();
  }], { Bidi: handler as never });
  const { status } = await follow(t.channel, "Bidi");
  assert.equal(status.code, Status.INVALID_ARGUMENT);
  await told.promise;
});

testTimed("A failure stands though an interceptor swallows it", async () => {
  await using t = start([async (_call, next) => {
    await next().catch(() => {});
  }], () => failing(new RpcError(Status.NOT_FOUND, "no such lap")));
  const { status } = await follow(t.channel, "Unary");
  assert.deepEqual([status.code, status.message], [Status.NOT_FOUND, "no such lap"]);
});

testTimed("An interceptor that forgets to wait for next() changes nothing", async () => {
  for (const handler of [echo, () => failing(new RpcError(Status.NOT_FOUND, "no such lap"))]) {
    await using t = start([(_call, next) => void next()], handler);
    const { answers, status } = await follow(t.channel, "Bidi", ["a", "b"]);
    if (handler === echo) assert.deepEqual(answers, ["echo a", "echo b"]);
    assert.equal(status.code, handler === echo ? Status.OK : Status.NOT_FOUND);
  }
});

testTimed("An interceptor that fails after the answer fails the call", async () => {
  await using t = start([async (_call, next) => {
    await next();
    throw new RpcError(Status.DATA_LOSS, "not stored");
  }]);
  const { answers, status } = await follow(t.channel, "Bidi", ["a"]);
  assert.deepEqual([answers, status.message], [["echo a"], "not stored"]);
});

testTimed(
  "An interceptor that gives up on a hanging handler ends the call, and the handler is told",
  async () => {
    const told = Promise.withResolvers<void>();
    const hanging: Script = async function* (_requests, call) {
      const aborted = new Promise((resolve) =>
        call.signal.addEventListener("abort", resolve, { once: true })
      );
      await aborted;
      told.resolve();
      yield "too late";
    };
    await using t = start([async (_call, next) => {
      next();
      await Promise.resolve();
      throw new RpcError(Status.UNAVAILABLE, "busy");
    }], hanging);
    const { status } = await follow(t.channel, "Bidi");
    assert.deepEqual([status.code, status.message], [Status.UNAVAILABLE, "busy"]);
    await told.promise;
  },
);

import { strict as assert } from "node:assert";
import type { InterceptedCall, ServerInterceptor } from "../../rpc/interceptors.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import { connectScripted } from "../support/scripted_peer.ts";
import { CODE, grpcRequest, headers, rstStream } from "../support/wire.ts";
import { startTestServer, type TestServerOptions } from "./support/start_test_server.ts";
import { follow, METHODS, type Script } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";

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

/** What an interceptor must not do, and what the log says of it. */
const FAULTS: readonly {
  readonly name: string;
  readonly interceptors: readonly ServerInterceptor[];
  readonly says: RegExp;
}[] = [
  {
    name: "returns without next()",
    interceptors: [function forgetful() {}],
    says: /^The interceptor "forgetful" returned without next\(\): throw an RpcError to refuse$/,
  },
  {
    name: "calls next() twice",
    interceptors: [async function eager(_call, next) {
      await next();
      await next();
    }],
    says: /^The interceptor "eager" called next\(\) twice$/,
  },
  {
    name: "has no name, calls next() twice and does not look",
    interceptors: [(_call, next) => next(), async (_call, next) => {
      await Promise.all([next(), next().catch(() => {})]);
    }],
    says: /^The interceptor number 2 called next\(\) twice$/,
  },
];

for (const { name, interceptors, says } of FAULTS) {
  testTimed(
    `An interceptor that ${name} ends the call with INTERNAL and is named in the log`,
    async () => {
      await using t = start(interceptors);
      const { status } = await follow(t.channel, "Bidi");
      assert.deepEqual([status.code, status.message], [
        Status.INTERNAL,
        "The server failed to handle the call",
      ]);
      assert.equal(t.failures.length, 1);
      const [{ error }] = t.failures;
      assert.ok(error instanceof Error);
      assert.match(error.message, says);
    },
  );
}

testTimed(
  "An interceptor that calls next() when the call is gone does not start the handler",
  async () => {
    let handled = 0;
    const entered = Promise.withResolvers<InterceptedCall>();
    const released = Promise.withResolvers<void>();
    const seen = Promise.withResolvers<unknown>();
    await using t = start([async (call, next) => {
      entered.resolve(call);
      await released.promise;
      await next().catch((error) => {
        seen.resolve(error);
        throw error;
      });
    }], async function* (requests) {
      handled++;
      yield* requests;
    });
    await using peer = await connectScripted(t.port);
    await peer.send(headers(1, grpcRequest("/test.Service/Bidi")));
    const call = await entered.promise;
    const aborted = new Promise((resolve) => call.signal.addEventListener("abort", resolve));
    await peer.send(rstStream(1, CODE.CANCEL));
    await aborted;
    released.resolve();
    const error = await seen.promise;
    assert.ok(error instanceof RpcError && error.code === Status.CANCELLED, String(error));
    assert.deepEqual([handled, t.failures], [0, []]);
  },
);

testTimed("A hook that is added after next() is refused with a sentence", async () => {
  let said: unknown;
  await using t = start([async (call, next) => {
    await next();
    try {
      call.onRequest(() => {});
    } catch (error) {
      said = error;
    }
  }]);
  await follow(t.channel, "Unary");
  assert.match(String(said), /Cannot add a hook: messages flow already; add it before next\(\)/);
});

testTimed("A hook that returns a promise is refused: messages are not waited for", async () => {
  await using t = start([(call, next) => {
    call.onRequest(async () => {
      await Promise.resolve();
      throw new Error("never seen");
    });
    return next();
  }]);
  const { status } = await follow(t.channel, "Unary");
  assert.equal(status.code, Status.UNKNOWN);
  assert.match(String(t.failures[0].error), /its hook returned a promise/);
});

testTimed("A method that there is not passes the interceptors before it is refused", async () => {
  const seen: unknown[] = [];
  await using t = start([(call, next) => {
    seen.push([call.path, call.method?.path, call.metadata.text("x-key")]);
    if (call.metadata.text("x-key") !== "open") {
      throw new RpcError(Status.UNAUTHENTICATED, "who is it?");
    }
    return next();
  }]);
  const missing = { ...METHODS.Unary, path: "/test.Service/Missing" };
  const refused = await t.channel.call(missing).status;
  assert.deepEqual([refused.code, refused.message], [Status.UNAUTHENTICATED, "who is it?"]);
  const metadata = Metadata.of({ "x-key": "open" });
  const unknown = await t.channel.call(missing, { metadata }).status;
  assert.deepEqual([unknown.code, unknown.message], [
    Status.UNIMPLEMENTED,
    'The server has no method "/test.Service/Missing"',
  ]);
  assert.deepEqual(seen, [[missing.path, undefined, undefined], [missing.path, undefined, "open"]]);
  await t.ended(2);
  assert.deepEqual(t.records.map(({ code, path }) => [code, path]), [
    [Status.UNAUTHENTICATED, missing.path],
    [Status.UNIMPLEMENTED, missing.path],
  ]);
});

testTimed("What is no gRPC is refused before the interceptors", async () => {
  let seen = 0;
  await using t = start([(_call, next) => {
    seen++;
    return next();
  }]);
  const response = await fetchStatus(t.port);
  assert.deepEqual([response, seen], ["415", 0]);
});

async function fetchStatus(port: number): Promise<string | undefined> {
  await using peer = await connectScripted(port);
  const head = grpcRequest("/test.Service/Unary").map(([name, value]) =>
    name === "content-type" ? [name, "text/plain"] as const : [name, value] as const
  );
  await peer.send(headers(1, head, { endStream: true }));
  return (await peer.expectHeaders(1)).get(":status");
}

testTimed(
  "An interceptor that waits before next() holds its calls, not those of others",
  async () => {
    const released = Promise.withResolvers<void>();
    await using t = start([async (call, next) => {
      if (call.metadata.text("x-slow") !== undefined) await released.promise;
      await next();
    }]);
    const metadata = Metadata.of({ "x-slow": "1" });
    const slow = follow(t.channel, "Unary", ["slow"], { metadata });
    const { answers } = await follow(t.channel, "Unary", ["quick"]);
    assert.deepEqual(answers, ["echo quick"]);
    released.resolve();
    assert.deepEqual((await slow).answers, ["echo slow"]);
  },
);

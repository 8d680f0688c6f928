import { strict as assert } from "node:assert";
import { Channel } from "../../rpc/channel.ts";
import type { CallStatus } from "../../rpc/call_options.ts";
import type { ClientInterceptor } from "../../rpc/interceptors.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import { startTestServer } from "./support/start_test_server.ts";
import { follow, type Kind, METHODS, type Script } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";

const KINDS: readonly Kind[] = ["Unary", "ServerStream", "ClientStream", "Bidi"];

/** Answers each request with itself and the metadata "x-who". */
const echo: Script = async function* (requests, call) {
  const who = call.metadata.get("x-who").join(",");
  for await (const request of requests) yield `echo ${request} ${who}`.trim();
};

/** What follows `next()` runs after those who wait for the status. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function start(interceptors: readonly ClientInterceptor[], handlers = echo) {
  return startTestServer(handlers, { channel: { interceptors } });
}

/** Notes when it is passed, in and out. */
function noting(notes: string[], name: string): ClientInterceptor {
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
    const { code } = await next();
    notes.push(`${name} out ${code}`);
  };
}

for (const kind of KINDS) {
  testTimed(
    `${kind}: requests pass a channel's interceptors, then the call's; responses the other way`,
    async () => {
      const notes: string[] = [];
      await using t = start([noting(notes, "A")]);
      const interceptors = [noting(notes, "B")];
      const { answers } = await follow(t.channel, kind, ["x"], { interceptors });
      assert.deepEqual(answers, ["echo xABBA"]);
      await nextTurn();
      assert.deepEqual(notes, [
        "A in",
        "B in",
        "A request x",
        "B request xA",
        "B response echo xAB",
        "A response echo xABB",
        "B out 0",
        "A out 0",
      ]);
    },
  );

  testTimed(
    `${kind}: metadata that an interceptor adds travels, and the caller's own is left alone`,
    async () => {
      await using t = start([(call, next) => {
        call.metadata.add("x-who", "interceptor");
        return next().then(() => {});
      }]);
      const metadata = Metadata.of({ "x-who": "caller" });
      const { answers } = await follow(t.channel, kind, ["x"], { metadata });
      assert.deepEqual(answers, ["echo x caller,interceptor"]);
      assert.deepEqual(metadata.get("x-who"), ["caller"]);
      assert.deepEqual((await follow(t.channel, kind, ["x"])).answers, ["echo x interceptor"]);
    },
  );

  testTimed(
    `${kind}: a refusal before next() ends the call with its status, and no server hears of it`,
    async () => {
      const details = Uint8Array.of(1);
      const outer: CallStatus[] = [];
      await using t = start([
        async (_call, next) => void outer.push(await next()),
        () => {
          throw new RpcError(Status.FAILED_PRECONDITION, "log in first", { details });
        },
      ]);
      const { status, answers } = await follow(t.channel, kind);
      assert.deepEqual([status.code, status.message, [...status.details ?? []]], [
        Status.FAILED_PRECONDITION,
        "log in first",
        [1],
      ]);
      assert.deepEqual([answers, t.records, t.server.stats.connections], [[], [], 0]);
      await nextTurn();
      assert.deepEqual(outer.map(({ code }) => code), [Status.FAILED_PRECONDITION]);
    },
  );

  testTimed(
    `${kind}: an interceptor that waits holds the call and what is sent meanwhile, in order`,
    async () => {
      const released = Promise.withResolvers<void>();
      await using t = start([async (call, next) => {
        call.onRequest((message: string) => `${message}!`);
        await released.promise;
        call.metadata.set("x-who", "late");
        await next();
      }]);
      const call = t.channel.call(METHODS[kind]);
      assert.equal(call.send("a"), false, "the caller is to wait");
      if (kind === "Bidi") call.send("b");
      call.end();
      assert.equal(call.sentCount, 0);
      released.resolve();
      assert.equal((await call.responses.next()).value, "echo a! late");
      if (kind === "Bidi") assert.equal((await call.responses.next()).value, "echo b! late");
      assert.equal((await call.responses.next()).done, true);
      assert.equal((await call.status).code, Status.OK);
    },
  );

  testTimed(
    `${kind}: an interceptor sees the status of a failure, which it cannot change`,
    async () => {
      const seen: CallStatus[] = [];
      const failing: Script = async function* () {
        yield* [];
        throw new RpcError(Status.NOT_FOUND, "no such lap");
      };
      await using t = start([async (call, next) => {
        const status = await next();
        seen.push(status);
        assert.deepEqual([call.sent, call.received], [1, 0]);
      }], failing);
      const { status } = await follow(t.channel, kind);
      await nextTurn();
      assert.deepEqual([status.message, seen], ["no such lap", [status]]);
    },
  );

  testTimed(`${kind}: the deadline ends a call whose interceptor hangs`, async () => {
    const released = Promise.withResolvers<void>();
    let after: CallStatus | undefined;
    await using t = start([async (_call, next) => {
      await released.promise;
      after = await next();
    }]);
    const { status } = await follow(t.channel, kind, ["x"], { timeoutMs: 30 });
    assert.equal(status.code, Status.DEADLINE_EXCEEDED);
    released.resolve();
    await nextTurn();
    assert.equal(after?.code, Status.DEADLINE_EXCEEDED, "next() tells that it is over");
    assert.deepEqual(t.records, [], "the call does not start any more");
  });
}

testTimed("A call whose interceptors do not wait starts at once", async () => {
  let started = 0;
  await using t = start([(_call, next) => {
    started++;
    return next().then(() => {});
  }]);
  await t.channel.connect();
  const call = t.channel.call(METHODS.Bidi);
  assert.equal(started, 1);
  assert.equal(call.send("x"), true);
  assert.equal(call.sentCount, 1);
  call.end();
  assert.equal((await call.responses.next()).value, "echo x");
  await call.status;
});

testTimed("A hook that refuses a request ends the call, and send() throws the same", async () => {
  const details = Uint8Array.of(1, 2);
  const refusal = new RpcError(Status.INVALID_ARGUMENT, "bad is bad", { details });
  await using t = start([(call, next) => {
    call.onRequest((message: string) => {
      if (message === "bad") throw refusal;
    });
    return next().then(() => {});
  }]);
  await t.channel.connect();
  const call = t.channel.call(METHODS.Bidi);
  call.send("good");
  assert.throws(() => call.send("bad"), refusal);
  assert.deepEqual([(await call.status).code, (await call.status).message], [
    refusal.code,
    "bad is bad",
  ]);
  assert.deepEqual((await call.status).details, details);
  await assert.rejects(t.channel.unary(METHODS.Unary, "bad"), { message: "bad is bad" });
});

testTimed("A hook that refuses a response ends the call with its error", async () => {
  await using t = start([(call, next) => {
    call.onResponse(() => {
      throw new RpcError(Status.DATA_LOSS, "not what was asked");
    });
    return next().then(() => {});
  }]);
  await assert.rejects(t.channel.unary(METHODS.Unary, "x"), { message: "not what was asked" });
});

testTimed("An interceptor that fails while the call runs cancels it on the server", async () => {
  const cancelled = Promise.withResolvers<void>();
  const hanging: Script = async function* (_requests, call) {
    await new Promise((resolve) => call.signal.addEventListener("abort", resolve, { once: true }));
    cancelled.resolve();
    yield "too late";
  };
  await using t = start([async (call, next) => {
    next();
    await call.headers;
    throw new RpcError(Status.UNAUTHENTICATED, "wrong server");
  }], async function* (requests, call) {
    call.sendHeaders();
    yield* hanging(requests, call);
  });
  const { status } = await follow(t.channel, "Bidi");
  assert.deepEqual([status.code, status.message], [Status.UNAUTHENTICATED, "wrong server"]);
  await cancelled.promise;
});

const FAULTS: readonly {
  readonly name: string;
  readonly interceptor: ClientInterceptor;
  readonly says: string;
}[] = [
  {
    name: "returns without next()",
    interceptor: function forgetful() {},
    says: 'The interceptor "forgetful" returned without next(): throw an RpcError to refuse',
  },
  {
    name: "calls next() twice",
    interceptor: async function eager(_call, next) {
      next();
      await next();
    },
    says: 'The interceptor "eager" called next() twice',
  },
];

for (const { name, interceptor, says } of FAULTS) {
  testTimed(`An interceptor of a client that ${name} ends the call with INTERNAL`, async () => {
    await using t = start([interceptor]);
    const { status } = await follow(t.channel, "Bidi");
    assert.deepEqual([status.code, status.message], [Status.INTERNAL, says]);
  });
}

testTimed(
  "What an interceptor throws and is no RpcError ends its call alone, as INTERNAL",
  async () => {
    await using t = start([(call, next) => {
      if (call.metadata.text("x-who") === undefined) throw new TypeError("no key at hand");
      return next().then(() => {});
    }]);
    const { status } = await follow(t.channel, "Unary");
    assert.deepEqual([status.code, status.message], [Status.INTERNAL, "no key at hand"]);
    const metadata = Metadata.of({ "x-who": "me" });
    assert.deepEqual((await follow(t.channel, "Unary", ["x"], { metadata })).answers, [
      "echo x me",
    ]);
  },
);

testTimed(
  "A call that waits for a connection passes its interceptors once, whatever it takes",
  async () => {
    let passed = 0;
    const counting: ClientInterceptor = (_call, next) => {
      passed++;
      return next().then(() => {});
    };
    await using t = startTestServer(echo);
    using channel = new Channel(t.target, { interceptors: [counting] });
    const answers = await Promise.all(
      ["a", "b", "c"].map((text) => channel.unary(METHODS.Unary, text)),
    );
    assert.deepEqual([answers, passed], [["echo a", "echo b", "echo c"], 3]);
  },
);

testTimed("A source of requests is not read ahead of an interceptor that waits", async () => {
  const released = Promise.withResolvers<void>();
  await using t = start([async (_call, next) => {
    await released.promise;
    await next();
  }]);
  let taken = 0;
  function* source() {
    while (taken < 1000) yield String(taken++);
  }
  const answers = t.channel.bidirectional(METHODS.Bidi, source());
  const first = answers[Symbol.asyncIterator]().next();
  await nextTurn();
  assert.ok(taken < 5, `${taken} requests are held`);
  released.resolve();
  assert.equal((await first).value, "echo 0");
});

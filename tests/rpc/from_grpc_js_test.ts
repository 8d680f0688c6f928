// Implementations as people write them for grpc-js, on our server.
import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import type { Duplex, Readable, Writable } from "node:stream";
import { fromGrpcJs } from "../../rpc/from_grpc_js.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { Status } from "../../rpc/status.ts";
import { startTestServer, type TestServer } from "./support/start_test_server.ts";
import { follow, METHODS, SERVICE } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";

/** What grpc-js puts on every call. */
interface Surface {
  readonly request: string;
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  getPath(): string;
  getPeer(): string;
  getHost(): string;
  getDeadline(): Date | number;
  getAuthContext(): object;
  sendMetadata(metadata: Metadata): void;
}
type Respond = (error: unknown, value?: string | null, trailers?: Metadata, flags?: number) => void;
type Call = Surface & EventEmitter;
type ReadableCall = Surface & Readable;
type WritableCall = Surface & Omit<Writable, "end"> & { end(trailers?: Metadata): void };
type DuplexCall = Surface & Omit<Duplex, "end"> & { end(trailers?: Metadata): void };

/** An implementation, typed as its author sees it. */
interface Implementation {
  Unary?(call: Call, respond: Respond): unknown;
  ServerStream?(call: WritableCall): unknown;
  ClientStream?(call: ReadableCall, respond: Respond): unknown;
  Bidi?(call: DuplexCall): unknown;
}

function start(implementation: Implementation): TestServer {
  return startTestServer(
    fromGrpcJs(implementation as Parameters<typeof fromGrpcJs>[0], SERVICE),
  );
}

const KINDS = ["Unary", "ServerStream", "ClientStream", "Bidi"] as const;

/** One implementation of all kinds that ends each call in the same way. */
function endingWith(end: (call: Call & { destroy(error?: Error): void }) => void): Implementation {
  const run = (call: unknown) => end(call as Call & { destroy(error?: Error): void });
  return { Unary: run, ServerStream: run, ClientStream: run, Bidi: run };
}

testTimed("Calls have what grpc-js's calls have", async () => {
  await using t = start({
    Unary(call, respond) {
      assert.equal(call.request, "hello");
      assert.equal(call.getPath(), "/test.Service/Unary");
      assert.match(call.getPeer(), /^127\.0\.0\.1:\d+$/);
      assert.equal(call.getHost(), t.target);
      assert.deepEqual(call.getAuthContext(), {});
      assert.equal(call.cancelled, false);
      const [octets] = call.metadata.get("x-bin");
      assert.ok(Buffer.isBuffer(octets));
      call.sendMetadata(Metadata.of({ "x-header": "h" }));
      const trailers = Metadata.of({ "x-trailer-bin": Buffer.from("t") });
      respond(null, String(call.getDeadline()), trailers, 0);
      respond(null, "a second time");
    },
  });
  const metadata = Metadata.of({ "x-bin": Uint8Array.of(1) });
  const endless = await follow(t.channel, "Unary", ["hello"], { metadata });
  assert.deepEqual(endless.answers, ["Infinity"]);
  assert.equal(endless.headers.text("x-header"), "h");
  assert.equal(String(endless.status.trailers.get("x-trailer-bin")[0]), "116");
  const timed = await follow(t.channel, "Unary", ["hello"], { metadata, timeoutMs: 10_000 });
  const leftMs = Number(timed.answers[0]) - Date.now();
  assert.ok(leftMs > 5000 && leftMs <= 10_000);
});

testTimed("A method may have its name in lowerCamel, use this, and be left out", async () => {
  const implementation = {
    greeting: "hi",
    unary(call: Call, respond: Respond) {
      respond(null, `${this.greeting} ${call.request}`);
    },
  };
  await using t = start(implementation as Implementation);
  assert.deepEqual((await follow(t.channel, "Unary")).answers, ["hi hello"]);
  assert.equal((await follow(t.channel, "Bidi")).status.code, Status.UNIMPLEMENTED);
});

const REFUSAL = Object.assign(new Error("message"), {
  code: Status.NOT_FOUND,
  details: "details",
  metadata: Metadata.of({ "x-trailer": "of the error" }),
});

for (const kind of KINDS) {
  testTimed(`${kind}: emit("error") with a code ends the call with that status`, async () => {
    await using t = start(endingWith((call) => call.emit("error", REFUSAL)));
    const { status } = await follow(t.channel, kind);
    assert.deepEqual([status.code, status.message], [Status.NOT_FOUND, "details"]);
    assert.equal(status.trailers.text("x-trailer"), "of the error");
    assert.deepEqual(t.failures, []);
  });

  testTimed(`${kind}: a fault without a code is neutral and reported once`, async () => {
    const fault = Object.assign(new Error("/etc/secret"), { code: "ENOENT" });
    const ways: Implementation[] = [
      endingWith((call) => call.emit("error", fault)),
      endingWith(() => {
        throw fault;
      }),
      endingWith(() => Promise.reject(fault)),
    ];
    for (const implementation of ways) {
      await using t = start(implementation);
      const { status } = await follow(t.channel, kind);
      assert.deepEqual([status.code, status.message], [Status.UNKNOWN, "The handler failed"]);
      assert.deepEqual(t.failures, [{ error: fault, path: `/test.Service/${kind}` }]);
    }
  });

  testTimed(`${kind}: a cancelled call says so, once, and ends`, async () => {
    const begun = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<boolean>();
    let times = 0;
    await using t = start(endingWith((call) => {
      call.on("cancelled", () => {
        times++;
        cancelled.resolve(call.cancelled);
      });
      begun.resolve();
    }));
    const abort = new AbortController();
    const following = follow(t.channel, kind, ["hello"], { signal: abort.signal });
    await begun.promise;
    abort.abort();
    assert.equal((await following).status.code, Status.CANCELLED);
    assert.equal(await cancelled.promise, true);
    await t.ended(1);
    assert.equal(times, 1);
  });
}

for (const kind of ["Unary", "ClientStream"] as const) {
  testTimed(`${kind}: an error to the callback may have trailers of its own`, async () => {
    const respondWith = (error: unknown) => (_call: unknown, respond: Respond) => {
      respond(error, null, Metadata.of({ "x-trailer": "of the callback" }));
    };
    await using t = start({ [kind]: respondWith(REFUSAL) });
    const { status } = await follow(t.channel, kind);
    assert.equal(status.trailers.text("x-trailer"), "of the callback");
    await using plain = start({ [kind]: respondWith({ code: 9, details: "no Error" }) });
    assert.equal((await follow(plain.channel, kind)).status.message, "no Error");
  });
}

for (const kind of ["ServerStream", "Bidi"] as const) {
  testTimed(
    `${kind}: what was written leaves before the status, and trailers with it`,
    async () => {
      const write = (call: WritableCall | DuplexCall) => {
        for (const answer of ["1", "2", "3"]) call.write(answer);
      };
      await using t = start({
        [kind](call: WritableCall) {
          write(call);
          call.end(Metadata.of({ "x-trailer": "t" }));
        },
      });
      const good = await follow(t.channel, kind);
      assert.deepEqual(good.answers, ["1", "2", "3"]);
      assert.equal(good.status.trailers.text("x-trailer"), "t");
      await using failing = start({
        [kind](call: WritableCall) {
          write(call);
          call.emit("error", REFUSAL);
        },
      });
      const bad = await follow(failing.channel, kind);
      assert.deepEqual(bad.answers, ["1", "2", "3"]);
      assert.equal(bad.status.code, Status.NOT_FOUND);
    },
  );

  testTimed(`${kind}: destroy() ends the call, with its error's status if it has one`, async () => {
    await using coded = start(endingWith((call) => call.destroy(REFUSAL)));
    assert.equal((await follow(coded.channel, kind)).status.code, Status.NOT_FOUND);
    await using plain = start(endingWith((call) => call.destroy()));
    const { status } = await follow(plain.channel, kind);
    assert.equal(status.code, Status.UNKNOWN);
    assert.match(status.message, /without a status/);
  });

  testTimed(`${kind}: a client that does not read stops a fast writer`, async () => {
    let written = 0;
    const total = 5000;
    const answer = "x".repeat(1024);
    await using t = start({
      Unary: (_call, respond) => respond(null, "pong"),
      async [kind](call: WritableCall) {
        for (; written < total; written++) {
          if (!call.write(answer)) await new Promise((resolve) => call.once("drain", resolve));
        }
        call.end();
      },
    });
    const call = t.channel.call(METHODS[kind]);
    call.send("go");
    call.end();
    assert.equal((await call.responses.next()).value, answer);
    let last = -1;
    while (written !== last) {
      last = written;
      for (let trip = 0; trip < 5; trip++) await t.channel.unary(METHODS.Unary, "ping");
    }
    assert.ok(written < 400, `the writer was ${written} messages ahead`);
    const rest = await Array.fromAsync(call.responses);
    assert.equal(rest.length, total - 1);
  });
}

testTimed("A reader that pauses stops a fast client", async () => {
  let taken = 0;
  const total = 5000;
  const paused = Promise.withResolvers<ReadableCall>();
  await using t = start({
    Unary: (_call, respond) => respond(null, "pong"),
    ClientStream(call, respond) {
      let count = 0;
      call.on("data", () => count++);
      call.on("end", () => respond(null, String(count)));
      call.once("data", () => {
        call.pause();
        paused.resolve(call);
      });
    },
  });
  const following = follow(
    t.channel,
    "ClientStream",
    (function* () {
      for (; taken < total; taken++) yield "x".repeat(1024);
    })(),
  );
  const call = await paused.promise;
  let last = -1;
  while (taken !== last) {
    last = taken;
    for (let trip = 0; trip < 5; trip++) await t.channel.unary(METHODS.Unary, "ping");
  }
  assert.ok(taken < 400, `the client was ${taken} messages ahead`);
  call.resume();
  assert.deepEqual((await following).answers, [String(total)]);
});

testTimed("A request that cannot be read ends the call and says so to its streams", async () => {
  const cancelled = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const wait = (at: number) => (call: Readable | DuplexCall) => {
    call.on("data", () => {});
    (call as EventEmitter).on("cancelled", () => cancelled[at].resolve());
  };
  await using t = startTestServer(
    fromGrpcJs({ ClientStream: wait(0), Bidi: wait(1) } as never, SERVICE),
    { server: { maxMessageOctets: 100 } },
  );
  for (const kind of ["ClientStream", "Bidi"] as const) {
    const { status } = await follow(t.channel, kind, ["x".repeat(101)]);
    assert.equal(status.code, Status.RESOURCE_EXHAUSTED);
  }
  await Promise.all(cancelled.map(({ promise }) => promise));
});

testTimed("Octets of a request are Buffers, however deep", async () => {
  let seen: unknown;
  const method = {
    ...METHODS.Unary,
    requestDeserialize: (octets: Uint8Array) => ({
      octets,
      list: [{ octets: octets.subarray(1) }, null, "text"],
      nested: { none: undefined },
    }),
  };
  const { Unary } = fromGrpcJs({
    Unary(call: { readonly request: unknown }, respond: Respond) {
      seen = call.request;
      respond(null, "ok");
    },
  } as never, { Unary: method });
  await using t = startTestServer({});
  t.server.addService({ Unary: method }, { Unary });
  await t.channel.unary(METHODS.Unary, "hi");
  assert.deepEqual(seen, {
    octets: Buffer.from("hi"),
    list: [{ octets: Buffer.from("i") }, null, "text"],
    nested: { none: undefined },
  });
});

testTimed(
  "A listener that throws when a call is cancelled does not take the server down",
  async () => {
    const logged: unknown[] = [];
    const { error } = console;
    console.error = (...parts: unknown[]) => void logged.push(parts.join(" "));
    try {
      const begun = Promise.withResolvers<void>();
      await using t = start({
        Bidi(call) {
          call.on("cancelled", () => {
            throw new Error("in a listener");
          });
          begun.resolve();
        },
        Unary: (_call, respond) => respond(null, "alive"),
      });
      const following = follow(t.channel, "Bidi", ["hello"], { timeoutMs: 50 });
      await begun.promise;
      assert.equal((await following).status.code, Status.DEADLINE_EXCEEDED);
      await t.ended(1);
      assert.equal(await t.channel.unary(METHODS.Unary, "?"), "alive");
    } finally {
      console.error = error;
    }
    assert.match(String(logged[0]), /\/test\.Service\/Bidi failed: Error: in a listener/);
  },
);

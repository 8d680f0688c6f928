import { strict as assert } from "node:assert";
import { logCalls, logOutgoingCalls, mapErrors } from "../../interceptors/mod.ts";
import type { CallRecord } from "../../rpc/mod.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import { startTestServer } from "../rpc/support/start_test_server.ts";
import { follow, type Script } from "../rpc/support/test_service.ts";
import { testTimed } from "../rpc/support/test_timed.ts";

/** Each look at it is 5 ms later. */
function createClock(): () => number {
  let nowMs = 100;
  return () => nowMs += 5;
}

const echoOrFail: Script = async function* (requests) {
  for await (const request of requests) {
    if (request === "lost") throw new RpcError(Status.NOT_FOUND, "no such lap");
    if (request === "broken") throw new Deno.errors.NotFound("/secret/path");
    if (request === "odd") throw new Error("secret");
    yield request;
  }
};

const CASES:
  readonly (readonly [requests: string[], code: number, message: string, sent: number])[] = [
    [["a", "b"], Status.OK, "", 2],
    [["a", "lost"], Status.NOT_FOUND, "no such lap", 1],
    [["odd"], Status.UNKNOWN, "The handler failed", 0],
  ];

for (const [requests, code, message, sent] of CASES) {
  testTimed(
    `logCalls() and logOutgoingCalls() tell of a call with ${requests.join(", ")}`,
    async () => {
      const logged: CallRecord[] = [];
      const outgoing: unknown[] = [];
      const told = Promise.withResolvers<void>();
      await using t = startTestServer(echoOrFail, {
        server: { interceptors: [logCalls((record) => logged.push(record), createClock())] },
        channel: {
          interceptors: [logOutgoingCalls((record) => {
            outgoing.push(record);
            told.resolve();
          }, createClock())],
        },
      });
      await follow(t.channel, "Bidi", requests);
      await told.promise;
      const path = "/test.Service/Bidi";
      const received = requests.length;
      const [{ peer, ...record }] = logged;
      assert.match(peer, /^127\.0\.0\.1:\d+$/);
      assert.deepEqual(record, { path, code, message, received, sent, durationMs: 5 });
      assert.deepEqual(outgoing, [{
        path,
        code,
        message,
        received: sent,
        sent: received,
        durationMs: 5,
      }]);
    },
  );
}

testTimed(
  "mapErrors() gives a status to the errors that it knows, and to no RpcError",
  async () => {
    const asked: unknown[] = [];
    const map = mapErrors((error) => {
      asked.push(error);
      return error instanceof Deno.errors.NotFound
        ? new RpcError(Status.NOT_FOUND, "there is no such recording")
        : undefined;
    });
    const logged: CallRecord[] = [];
    await using t = startTestServer(echoOrFail, {
      server: { interceptors: [logCalls((record) => logged.push(record)), map] },
    });
    const outcomes = [];
    for (const request of ["broken", "lost", "odd", "fine"]) {
      const { status } = await follow(t.channel, "Unary", [request]);
      outcomes.push([status.code, status.message]);
    }
    assert.deepEqual(outcomes, [
      [Status.NOT_FOUND, "there is no such recording"],
      [Status.NOT_FOUND, "no such lap"],
      [Status.UNKNOWN, "The handler failed"],
      [Status.OK, ""],
    ]);
    assert.deepEqual(logged.map(({ code, message }) => [code, message]), outcomes);
    assert.deepEqual(asked.map(String), ["NotFound: /secret/path", "Error: secret"]);
  },
);

testTimed("A map that fails itself leaves as a neutral UNKNOWN", async () => {
  await using t = startTestServer(echoOrFail, {
    server: {
      interceptors: [mapErrors(() => {
        throw new TypeError("secret of the map");
      })],
    },
  });
  const { status } = await follow(t.channel, "Unary", ["odd"]);
  assert.deepEqual([status.code, status.message], [Status.UNKNOWN, "The handler failed"]);
  assert.equal(String(t.failures[0].error), "TypeError: secret of the map");
});

for (const request of ["a", "lost"]) {
  testTimed(`A log that throws leaves the status of a call with "${request}" alone`, async () => {
    const logged: unknown[] = [];
    const { error } = console;
    console.error = (...values) => logged.push(values.join(" "));
    try {
      await using t = startTestServer(echoOrFail, {
        server: {
          interceptors: [logCalls(() => {
            throw new Error("the disk is full");
          })],
        },
      });
      const { status } = await follow(t.channel, "Unary", [request]);
      assert.equal(status.code, request === "lost" ? Status.NOT_FOUND : Status.OK);
      assert.deepEqual(t.failures, []);
    } finally {
      console.error = error;
    }
    assert.deepEqual(logged, ["Cannot log a call: Error: the disk is full"]);
  });
}

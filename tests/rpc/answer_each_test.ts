// A handler made by `answerEach()` behaves as the `async function*` that does the same, but for its speed.
import { strict as assert } from "node:assert";
import { answerEach, type StartAnswering } from "../../rpc/answer_each.ts";
import type { ServerOptions } from "../../rpc/server.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import { connectScripted } from "../support/scripted_peer.ts";
import { concat, data, envelope, grpcRequest, headers } from "../support/wire.ts";
import { startTestServer } from "./support/start_test_server.ts";
import { follow, METHODS, type Script, UNREADABLE } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";

type Start = StartAnswering<string, string>;

/** What the handlers are compared with. */
function asGenerator(start: Start): Script {
  return async function* (requests, call) {
    const answer = start(call);
    for await (const request of requests) yield await answer(request);
  };
}

const FORMS = [
  ["answerEach()", (start: Start) => ({ Bidi: answerEach(start) })],
  ["async function*", (start: Start) => ({ Bidi: asGenerator(start) })],
] as const;

const counting: Start = () => {
  let count = 0;
  return (request) => `${++count} ${request}`;
};

const REQUESTS = Array.from({ length: 3000 }, (_, index) => `request ${index}`);

/** What `await` waits for, and is no `Promise`: as query builders have it. */
function laterOf<Value>(value: Value): PromiseLike<Value> {
  return { then: (resolve, reject) => Promise.resolve(value).then(resolve, reject) };
}

interface Row {
  readonly start: Start;
  readonly requests?: readonly string[];
  readonly server?: ServerOptions;
}

const ROWS: Readonly<Record<string, Row>> = {
  "many messages": { start: counting },
  "no message": { start: counting, requests: [] },
  "messages larger than the window": { start: counting, requests: ["x".repeat(200_000), "y"] },
  "answers that are promises": { start: () => (request) => Promise.resolve(`later ${request}`) },
  "answers that are promises of another kind": {
    start: () => (request) => laterOf(`later ${request}`) as Promise<string>,
  },
  "a refusal at the start": {
    start: () => {
      throw new RpcError(Status.NOT_FOUND, "nothing here");
    },
  },
  "a refusal after some answers": {
    start: () => (request) => {
      if (request === "request 7") throw new RpcError(Status.OUT_OF_RANGE, "enough");
      return request;
    },
  },
  "a failure after some answers": {
    start: () => (request) => {
      if (request === "request 7") throw new Error("password 1234");
      return request;
    },
  },
  "a rejection after some answers": {
    start: () => (request) => request === "request 7" ? Promise.reject(new Error("no")) : request,
  },
  "an answer that cannot be encoded": {
    start: () => (request) => request === "request 7" ? UNREADABLE : request,
  },
  "a request above the limit": {
    start: counting,
    requests: ["one", "x".repeat(2000), "three"],
    server: { maxMessageOctets: 1000 },
  },
  "hooks, which see requests and answers in turn": {
    start: counting,
    requests: ["a", "b", "refused", "c"],
    server: {
      interceptors: [(call, next) => {
        const seen: string[] = [];
        call.onRequest((request) => {
          seen.push(request);
          if (request === "refused") throw new RpcError(Status.INVALID_ARGUMENT, seen.join());
        });
        call.onResponse((answer) => `${answer} of ${seen.push(answer)}`);
        return next();
      }],
    },
  },
  "compressed answers": { start: counting, server: { compression: "gzip" } },
};

for (const [name, { start, requests = REQUESTS, server }] of Object.entries(ROWS)) {
  testTimed(`answerEach() does as an async function* does: ${name}`, async () => {
    const seen = [];
    for (const [, handlers] of FORMS) {
      await using t = startTestServer(handlers(start), server === undefined ? {} : { server });
      const { answers, status } = await follow(t.channel, "Bidi", requests);
      await t.ended(1);
      const [{ code, received, sent }] = t.records;
      const { message, trailers } = status;
      // Of a failed call the counts say how far each had come, which is theirs to choose.
      const counts = code === Status.OK ? { received, sent } : {};
      seen.push({ answers, code, message, trailers, failures: t.failures, ...counts });
    }
    assert.deepEqual(seen[0], seen[1]);
    assert.ok(seen[0].answers.length > 0 || requests.length === 0 || seen[0].code !== Status.OK);
  });
}

for (const [name, handlers] of FORMS) {
  testTimed(`A client that does not read stops a handler that answers each: ${name}`, async () => {
    let answered = 0;
    const answer = "x".repeat(1024);
    await using t = startTestServer({
      ...handlers(() => () => {
        answered++;
        return answer;
      }),
      Unary: () => "pong",
    });
    const call = t.channel.call(METHODS.Bidi);
    for (let sent = 0; sent < 5000; sent++) call.send("");
    call.end();
    assert.equal((await call.responses.next()).value, answer);
    let last = 0;
    for (let still = 0; still < 5;) {
      await t.channel.unary(METHODS.Unary, "round trip");
      still = answered === last ? still + 1 : 0;
      last = answered;
    }
    assert.ok(answered > 10 && answered < 400, `${answered} were answered`);
    let read = 1;
    for await (const _ of call.responses) read++;
    assert.equal(read, 5000);
  });

  testTimed(`What was asked before a malformed message is answered: ${name}`, async () => {
    await using t = startTestServer(handlers(counting));
    await using peer = await connectScripted(t.port);
    await peer.send(headers(1, grpcRequest("/test.Service/Bidi")));
    const good = new TextEncoder().encode("good");
    const malformed = Uint8Array.of(7, 0, 0, 0, 0);
    await peer.send(data(1, concat([envelope(good), envelope(good), malformed])));
    assert.equal((await peer.expectHeaders(1)).get(":status"), "200");
    await peer.expectData(1, 2 * (5 + "1 good".length));
    assert.equal((await peer.expectHeaders(1)).get("grpc-status"), String(Status.INTERNAL));
  });

  testTimed(`A cancelled call is not answered any more: ${name}`, async () => {
    const waits = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    let answered = 0;
    await using t = startTestServer(handlers((call) => {
      call.signal.addEventListener("abort", () => aborted.resolve());
      return async (request) => {
        answered++;
        waits.resolve();
        await aborted.promise;
        return request;
      };
    }));
    const call = t.channel.call(METHODS.Bidi);
    for (let sent = 0; sent < 10; sent++) call.send("again");
    await waits.promise;
    call.cancel();
    await aborted.promise;
    await t.ended(1);
    assert.equal(t.records[0].code, Status.CANCELLED);
    assert.equal(answered, 1);
  });
}

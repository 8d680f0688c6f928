/** Who watches a server is told of its calls, and may look at their messages. */
import assert from "node:assert/strict";
import type { CallRecord, LiveCall, MessagePeek, ServerObserver } from "../../rpc/mod.ts";
import { startTestServer } from "./support/start_test_server.ts";
import { follow, METHODS } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";

/** Notes what it is told. */
class Notes implements ServerObserver {
  readonly started: LiveCall[] = [];
  readonly ended: { readonly record: CallRecord; readonly call: LiveCall | undefined }[] = [];
  readonly #onStart: (call: LiveCall) => void;

  constructor(onStart: (call: LiveCall) => void = () => {}) {
    this.#onStart = onStart;
  }

  callStarted(call: LiveCall): void {
    this.started.push(call);
    this.#onStart(call);
  }

  callEnded(record: CallRecord, call: LiveCall | undefined): void {
    this.ended.push({ record, call });
  }
}

async function* echo(requests: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const request of requests) yield `echo ${request}`;
}

/** A peek that notes what it sees, up to a number of messages. */
function noteMessages(seen: [number, unknown][], limit = Infinity): MessagePeek {
  return (index, read) => {
    seen.push([index, read()]);
    return seen.length < limit;
  };
}

testTimed("An observer sees each call begin and end, with what passed", async () => {
  await using t = startTestServer(echo);
  const notes = new Notes();
  t.server.observe(notes);
  await follow(t.channel, "Bidi", ["one", "three"]);
  await t.ended(1);
  const [call] = notes.started;
  const [end] = notes.ended;
  assert.equal(end.call, call);
  assert.equal(end.record, t.records[0]);
  assert.deepEqual([call.path, call.peer === end.record.peer], [METHODS.Bidi.path, true]);
  assert.deepEqual([call.received, call.sent], [2, 2]);
  // Text as octets, and five of a prefix for each.
  assert.equal(call.receivedOctets, 5 + 3 + 5 + 5);
  assert.equal(call.sentOctets, 5 + 8 + 5 + 10);
  assert.ok(call.startedMs > 0 && call.startedMs <= performance.now());
});

testTimed("An observer is told of calls that are refused, without a beginning", async () => {
  await using t = startTestServer(echo);
  const notes = new Notes();
  t.server.observe(notes);
  await t.channel.call({ ...METHODS.Bidi, path: "/none.Such/Method" }).status;
  assert.equal(notes.started.length, 0);
  const [{ record, call }] = notes.ended;
  assert.deepEqual([record.path, record.code, call], ["/none.Such/Method", 12, undefined]);
});

testTimed("Messages are shown as the handler reads them, and as the client gets them", async () => {
  const requests: [number, unknown][] = [];
  const responses: [number, unknown][] = [];
  await using t = startTestServer(echo, {
    server: {
      interceptors: [(call, next) => {
        call.onRequest((message) => `${message}!`);
        call.onResponse((message) => message.toUpperCase());
        return next();
      }],
    },
  });
  t.server.observe(
    new Notes((call) => {
      call.peekRequests(noteMessages(requests));
      call.peekResponses(noteMessages(responses));
    }),
  );
  const { answers } = await follow(t.channel, "Bidi", ["one", "two"]);
  assert.deepEqual(answers, ["ECHO ONE!", "ECHO TWO!"]);
  assert.deepEqual(requests, [[0, "one!"], [1, "two!"]]);
  assert.deepEqual(responses, [[0, "ECHO ONE!"], [1, "ECHO TWO!"]]);
});

testTimed("Who has seen enough is shown no more, and may ask again", async () => {
  const requests: [number, unknown][] = [];
  const responses: [number, unknown][] = [];
  let live: LiveCall | undefined;
  await using t = startTestServer(echo);
  t.server.observe(
    new Notes((call) => {
      live = call;
      call.peekRequests(noteMessages(requests, 2));
      call.peekResponses(noteMessages(responses, 1));
    }),
  );
  const call = t.channel.call<string, string>(METHODS.Bidi);
  for (const text of ["a", "b", "c"]) {
    call.send(text);
    await call.responses.next();
  }
  assert.deepEqual(requests, [[0, "a"], [1, "b"]]);
  assert.deepEqual(responses, [[0, "echo a"]]);
  live?.peekRequests(noteMessages(requests, 3));
  live?.peekResponses(undefined);
  call.send("d");
  await call.responses.next();
  call.end();
  await call.status;
  assert.deepEqual(requests.slice(2), [[3, "d"]]);
  assert.equal(responses.length, 1);
});

testTimed("An observer that throws ends neither the call nor the others", async () => {
  await using t = startTestServer(echo);
  t.server.observe({
    callStarted() {
      throw new Error("begin");
    },
    callEnded() {
      throw new Error("end");
    },
  });
  const { answers, status } = await follow(t.channel, "Bidi", ["one"]);
  assert.deepEqual([answers, status.code], [["echo one"], 0]);
  t.server.observe(undefined);
  assert.deepEqual((await follow(t.channel, "Bidi", ["two"])).answers, ["echo two"]);
});

testTimed(
  "Who throws at a message that is shown is shown no more, and the call goes on",
  async () => {
    await using t = startTestServer(echo);
    let shown = 0;
    const peek = () => {
      shown++;
      throw new Error("look away");
    };
    t.server.observe(
      new Notes((call) => {
        call.peekRequests(peek);
        call.peekResponses(peek);
      }),
    );
    const { answers, status } = await follow(t.channel, "Bidi", ["one", "two"]);
    assert.deepEqual([answers, status.code, shown], [["echo one", "echo two"], 0, 2]);
    assert.deepEqual(t.failures, []);
  },
);

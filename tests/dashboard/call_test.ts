/** Calls that are made from the page. */
import assert from "node:assert/strict";
import { RpcError, type ServerCallContext, Status } from "../../rpc/mod.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { type Line, openEvents, readError, readLines, startPage, STATION } from "./support.ts";

Deno.test("A call of each kind is made, and answered line by line", async (t) => {
  await using page = await startPage();
  const rows: [name: string, messages: unknown[], answers: unknown[]][] = [
    ["Echo", [{ sentId: "9007199254740993", mood: "CALM" }], [{
      sentId: "9007199254740993",
      mood: "CALM",
    }]],
    ["Count", [{ number: 3 }], [{ number: 1 }, { number: 2 }, { number: 3 }]],
    ["Sum", [{ number: 1 }, { number: 2 }], [{ sum: "3" }]],
    ["Chat", [{ number: 1 }, { number: 0 }], [{ number: 1 }, { number: 0 }]],
    ["Mirror", [[1, [2]]], [[1, [2]]]],
  ];
  for (const [name, messages, answers] of rows) {
    await t.step(name, async () => {
      const lines = await page.call({ method: `${STATION}/${name}`, messages });
      const [first] = lines;
      assert.ok(Array.isArray(first.headers));
      assert.deepEqual(lines.slice(1, -1).map(({ answer }) => answer), answers);
      const { status } = lines.at(-1);
      assert.deepEqual([status.code, status.name, status.message], [0, "OK", ""]);
      assert.ok(status.durationMs > 0);
    });
  }
});

Deno.test("Metadata goes both ways, octets as base64", async () => {
  const Echo = (envelope: object, call: ServerCallContext) => {
    const [octets] = call.metadata.get("x-bin");
    if (octets !== undefined) call.responseHeaders.set("x-bin", octets);
    call.responseHeaders.set("x-site", call.metadata.text("x-site") ?? "");
    call.responseTrailers.set("x-end", "over");
    return envelope;
  };
  await using page = await startPage({ handlers: { Echo } });
  const [first, , last] = await page.call({
    method: `${STATION}/Echo`,
    messages: [{}],
    metadata: [["x-site", "north"], ["x-bin", "AAEC"]],
  });
  assert.deepEqual(new Map(first.headers), new Map([["x-bin", "AAEC"], ["x-site", "north"]]));
  assert.deepEqual(last.status.trailers, [["x-end", "over"]]);
});

Deno.test("A call that fails says its status and its details", async () => {
  await using page = await startPage();
  const lines = await page.call({ method: `${STATION}/Refuse`, messages: [{}] });
  const { status } = lines.at(-1);
  assert.deepEqual([status.code, status.name], [6, "ALREADY_EXISTS"]);
  assert.match(status.message, /^the id is taken/);
  assert.deepEqual(status.details.map((detail: Line) => detail["@type"]), [
    "type.googleapis.com/google.rpc.BadRequest",
    "type.googleapis.com/google.rpc.RetryInfo",
  ]);
});

const WRONG: readonly [name: string, body: string, status: number, sentence: RegExp][] = [
  ["no JSON", "{", 400, /^Cannot read the body as JSON, line 1 column 2: /],
  ["no object", "[]", 400, /it is no object$/],
  ["no method", "{}", 400, /"method" is missing/],
  ["an unknown method", '{"method":"/a.B/C","messages":[]}', 404, /no method "\/a\.B\/C"$/],
  ["part of a name", '{"method":"Echo","messages":[]}', 404, /no method "Echo"$/],
  ["no messages", `{"method":"${STATION}/Echo","messages":{}}`, 400, /"messages" is no array$/],
  [
    "too many messages",
    `{"method":"${STATION}/Echo","messages":[{},{}]}`,
    400,
    /it takes one|takes one$/,
  ],
  [
    "an unknown field",
    `{"method":"${STATION}/Chat","messages":[{},{"nmber":1}]}`,
    400,
    /^Cannot send message 2: nmber is no field of station\.v1\.Tick: did you mean "number"\?$/,
  ],
  [
    "a wrong value",
    `{"method":"${STATION}/Chat","messages":[{"number":"x"}]}`,
    400,
    /^Cannot send message 1: number is "x"/,
  ],
  ["no pairs", `{"method":"${STATION}/Chat","messages":[],"metadata":[["a"]]}`, 400, /pairs/],
  [
    "reserved metadata",
    `{"method":"${STATION}/Chat","messages":[],"metadata":[["grpc-timeout","1S"]]}`,
    400,
    /^Cannot send the metadata "grpc-timeout": it belongs to the protocol$/,
  ],
  [
    "metadata of the connection",
    `{"method":"${STATION}/Chat","messages":[],"metadata":[["Transfer-Encoding","chunked"]]}`,
    400,
    /^Cannot send the metadata "Transfer-Encoding": it belongs to the protocol$/,
  ],
  [
    "metadata with a line break",
    `{"method":"${STATION}/Chat","messages":[],"metadata":[["a","b\\r\\nc: d"]]}`,
    400,
    /is not printable ASCII$/,
  ],
  [
    "no base64",
    `{"method":"${STATION}/Chat","messages":[],"metadata":[["a-bin","%"]]}`,
    400,
    /no base64$/,
  ],
  ["no time", `{"method":"${STATION}/Chat","messages":[],"timeoutMs":0}`, 400, /"timeoutMs"/],
];

Deno.test("A body that cannot be used is refused before any call, in a sentence", async (t) => {
  await using page = await startPage();
  for (const [name, body, status, sentence] of WRONG) {
    await t.step(name, async () => {
      const response = await page.post("/api/call", body);
      assert.equal(response.status, status);
      assert.match(await readError(response), sentence);
    });
  }
  const { methods } = await page.watch.snapshot();
  assert.equal(methods.reduce((sum, { started }) => sum + started, 0), 0);
});

Deno.test("A body above 4 MiB is refused, announced or not", async () => {
  await using page = await startPage();
  const large = new Uint8Array(4 * 1024 * 1024 + 1).fill(0x20);
  const unannounced = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < large.length; at += 65_536) {
        controller.enqueue(large.subarray(at, at + 65_536));
      }
      controller.close();
    },
  });
  for (const body of [large, unannounced]) {
    const response = await page.post("/api/call", body);
    assert.equal(response.status, 413);
    assert.match(await readError(response), /larger than 4194304 octets/);
  }
});

Deno.test("The page's token is that of its calls", async () => {
  const Echo = (envelope: object, call: ServerCallContext) => {
    call.responseHeaders.set("x-seen", call.metadata.text("authorization") ?? "none");
    return envelope;
  };
  await using page = await startPage({ tokens: ["secret"], handlers: { Echo } });
  const body = { method: `${STATION}/Echo`, messages: [{}] };
  const init = { headers: { authorization: "Bearer secret" } };
  const [first] = await page.call(body, init);
  assert.deepEqual(first.headers, [["x-seen", "Bearer secret"]]);
  const other = { ...body, metadata: [["authorization", "Bearer other"]] };
  const { status } = (await page.call(other, init)).at(-1);
  assert.equal(status.name, "UNAUTHENTICATED");
});

/** A handler that answers once and waits for its end. */
function createHanging() {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  async function* Chat(_ticks: AsyncIterable<object>, call: ServerCallContext) {
    begun.resolve();
    yield { number: 1 };
    await new Promise((_, reject) => {
      call.signal.addEventListener("abort", () => {
        ended.resolve(call.signal.reason);
        reject(call.signal.reason);
      });
    });
  }
  return { Chat, begun: begun.promise, ended: ended.promise };
}

Deno.test("A call ends when its request is given up", async () => {
  const { Chat, ended } = createHanging();
  await using page = await startPage({ handlers: { Chat } });
  const giveUp = new AbortController();
  const response = await page.post(
    "/api/call",
    JSON.stringify({ method: `${STATION}/Chat`, messages: [{ number: 1 }] }),
    { signal: giveUp.signal },
  );
  const reader = response.body?.getReader();
  await reader?.read();
  giveUp.abort();
  const reason = await withTimeout(ended, 5000, "the handler to hear of it");
  assert.ok(reason instanceof RpcError && reason.code === Status.CANCELLED);
});

Deno.test("A call ends at its time", async () => {
  const { Chat } = createHanging();
  await using page = await startPage({ handlers: { Chat } });
  const lines = await page.call({ method: `${STATION}/Chat`, messages: [{}], timeoutMs: 200 });
  assert.deepEqual(lines[1], { answer: { number: 1 } });
  assert.equal(lines.at(-1).status.name, "DEADLINE_EXCEEDED");
});

Deno.test("Eight calls can run, and one more when one has ended", async () => {
  const { Chat } = createHanging();
  await using page = await startPage({ handlers: { Chat } });
  const body = JSON.stringify({ method: `${STATION}/Chat`, messages: [{}], timeoutMs: 1500 });
  const open: Response[] = [];
  for (let count = 0; count < 8; count++) open.push(await page.post("/api/call", body));
  const refused = await page.post("/api/call", body);
  assert.equal(refused.status, 429);
  assert.match(await readError(refused), /^There are 8 calls from the page already/);
  for (const response of open) await readLines(response);
  const [, answer] = await page.call({ method: `${STATION}/Echo`, messages: [{ sentId: "1" }] });
  assert.equal(answer.answer.sentId, "1");
});

Deno.test("An endless answer waits for its reader, and the server with it", async () => {
  let counted = 0;
  async function* Count() {
    for (;;) yield { number: ++counted };
  }
  await using page = await startPage({ handlers: { Count } });
  const giveUp = new AbortController();
  const body = JSON.stringify({ method: `${STATION}/Count`, messages: [{ number: 0 }] });
  const response = await page.post("/api/call", body, { signal: giveUp.signal });
  assert.equal(response.status, 200);
  // Until two seconds in a row say the same number.
  const settle = async () => {
    await using events = openEvents(await page.get("/api/live"));
    await events.next("stats");
    for (let before = -1; before !== counted;) {
      before = counted;
      await events.next("stats");
    }
  };
  await withTimeout(settle(), 20_000, "the handler to be held back");
  assert.ok(counted > 0 && counted < 5_000_000, `${counted}`);
  giveUp.abort();
  await response.body?.cancel().catch(() => {});
});

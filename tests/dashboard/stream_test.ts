/** CSV files that are uploaded to the page. */
import assert from "node:assert/strict";
import { RpcError, type ServerCallContext, Status } from "../../rpc/mod.ts";
import { answerUpload } from "../../dashboard/stream_route.ts";
import { createBook } from "../../dashboard/call_types.ts";
import { findMethod } from "../../dashboard/find_method.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { type Line, readError, readLines, startPage, STATION } from "./support.ts";

const urlOf = (name: string, map: readonly string[] = []) =>
  `/api/stream?${new URLSearchParams([
    ["method", `${STATION}/${name}`],
    ...map.map((entry): [string, string] => ["map", entry]),
  ])}`;

Deno.test("Rows go through a method that streams both ways, each with its answer", async () => {
  await using page = await startPage();
  const response = await page.post(urlOf("Chat"), "number\n7\n8\n9\n");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/x-ndjson; charset=utf-8");
  const lines = await readLines(response);
  assert.deepEqual(lines.slice(0, -1), [
    { plan: [{ column: "number", field: "number" }] },
    { row: 1, request: { number: 7 }, answer: { number: 7 } },
    { row: 2, request: { number: 8 }, answer: { number: 8 } },
    { row: 3, request: { number: 9 }, answer: { number: 9 } },
  ]);
  const { status, rows, answered, rejected } = lines.at(-1);
  assert.deepEqual([status.code, status.name, rows, answered, rejected], [0, "OK", 3, 3, 0]);
});

Deno.test("Rows go through methods of the other kinds", async (t) => {
  await using page = await startPage();
  await t.step("one answer for all of them", async () => {
    const lines = await readLines(await page.post(urlOf("Sum"), "number\n1\n2\n"));
    assert.deepEqual(lines[1], { answer: { sum: "3" } });
  });
  await t.step("a call for each of them", async () => {
    const lines = await readLines(await page.post(urlOf("Echo"), "sent_id,mood\n5,CALM\n6,\n"));
    const ids = lines.slice(1, -1).map(({ row, answer }) => [row, answer.sent_id, answer.mood]);
    assert.deepEqual(ids, [[1, "5", "CALM"], [2, "6", "MOOD_UNSPECIFIED"]]);
  });
  await t.step("several answers for each of them", async () => {
    const lines = await readLines(await page.post(urlOf("Count"), "number\n1\n2\n"));
    const answers = lines.slice(1, -1).map(({ row, answer }) => [row, answer.number]);
    assert.deepEqual(answers, [[1, 1], [2, 1], [2, 2]]);
  });
});

Deno.test("A row that does not fit is left out, and the sentence says where it stands", async () => {
  await using page = await startPage();
  const lines = await readLines(await page.post(urlOf("Chat"), "number\n1\nx\n3\n"));
  const { rejected } = lines.find((line: Line) => typeof line.rejected === "object") ?? {};
  assert.deepEqual([rejected.row, rejected.line], [2, 3]);
  assert.match(rejected.sentence, /"the upload" line 3 column 1 \(number\): "x"/);
  const answered = lines.filter(({ answer }) => answer !== undefined).map(({ row }) => row);
  assert.deepEqual(answered, [1, 3]);
  assert.deepEqual([lines.at(-1).rows, lines.at(-1).answered, lines.at(-1).rejected], [3, 2, 1]);
});

Deno.test("Columns are renamed as with --map", async () => {
  await using page = await startPage();
  const lines = await readLines(
    await page.post(urlOf("Chat", ["n=number", "other="]), "n,other\n4,z\n"),
  );
  assert.deepEqual(lines[0].plan, [
    { column: "n", field: "number" },
    { column: "other", field: null },
  ]);
  assert.deepEqual(lines[1].answer, { number: 4 });
});

const WRONG: readonly [
  name: string,
  path: string,
  body: string,
  status: number,
  sentence: RegExp,
][] = [
  ["no method", "/api/stream", "number\n1\n", 400, /^Name a method/],
  ["an unknown method", "/api/stream?method=/a.B/C", "number\n1\n", 404, /no method "\/a\.B\/C"$/],
  [
    "a column without a field",
    urlOf("Chat"),
    "wrong\n1\n",
    400,
    /none of its columns \(wrong\) is a field of station\.v1\.Tick, which has number$/,
  ],
  ["no rows", urlOf("Chat"), "", 400, /(?:it has no rows|it is empty)$/],
  ["no text", urlOf("Chat"), "number\n\u0000", 200, /^/],
];

Deno.test("An upload that cannot be used is refused in a sentence", async (t) => {
  await using page = await startPage();
  for (const [name, path, body, status, sentence] of WRONG) {
    await t.step(name, async () => {
      const response = await page.post(path, body);
      assert.equal(response.status, status);
      if (status === 200) await readLines(response);
      else assert.match(await readError(response), sentence);
    });
  }
});

Deno.test("Nothing is kept of an upload that is refused", async () => {
  await using page = await startPage();
  const method = findMethod(page.schema, `${STATION}/Chat`);
  const { signal: stop } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  stop.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(stop, args);
  };
  stop.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(stop, args);
  };
  const budget = { octets: 0 };
  const tools = { book: createBook(page.schema), budget, stop, openChannel: () => page.channel };
  const request = new Request("http://localhost/", { method: "POST", body: "wrong\n1\n" });
  const refused = answerUpload(request, { method, map: [] }, tools, () => {});
  await assert.rejects(refused, /none of its columns/);
  // The rest of the body is read to its end.
  await withTimeout(new Promise<void>((resolve) => setTimeout(resolve)), 1000, "a turn");
  assert.deepEqual([listeners, budget.octets], [0, 0]);
});

Deno.test("What ends an upload early is said in its status", async () => {
  await using page = await startPage();
  const octets = new Uint8Array([...new TextEncoder().encode("number\n1\n2\n"), 0xff, 0x0a]);
  const lines = await readLines(await page.post(urlOf("Chat"), octets));
  const { status, rows } = lines.at(-1);
  assert.equal(status.name, "INVALID_ARGUMENT");
  assert.match(status.message, /"the upload" line 4: the octet 0xFF is not UTF-8/);
  assert.equal(rows, 2);
});

Deno.test("A server that ends the call early is reported with its status", async () => {
  // deno-lint-ignore require-yield -- it fails at the first row
  async function* Chat(ticks: AsyncIterable<object>) {
    for await (const _ of ticks) throw new RpcError(Status.RESOURCE_EXHAUSTED, "no more");
  }
  await using page = await startPage({ handlers: { Chat } });
  const lines = await readLines(await page.post(urlOf("Chat"), "number\n1\n2\n"));
  assert.deepEqual(
    [lines.at(-1).status.name, lines.at(-1).status.message, lines.at(-1).answered],
    ["RESOURCE_EXHAUSTED", "no more", 0],
  );
});

/** Rows without end, as fast as they are taken. */
function endlessRows(onChunk: (octets: number) => void): ReadableStream<Uint8Array> {
  const chunk = new TextEncoder().encode("1234567\n".repeat(8192));
  let isFirst = true;
  return new ReadableStream({
    pull(controller) {
      onChunk(chunk.length);
      controller.enqueue(isFirst ? new TextEncoder().encode("number\n") : chunk);
      isFirst = false;
    },
  });
}

Deno.test("An upload ends with its request, and its call with it", async () => {
  const ended = Promise.withResolvers<unknown>();
  async function* Chat(ticks: AsyncIterable<object>, call: ServerCallContext) {
    call.signal.addEventListener("abort", () => ended.resolve(call.signal.reason));
    yield* ticks;
  }
  await using page = await startPage({ handlers: { Chat } });
  const giveUp = new AbortController();
  const response = await page.post(urlOf("Chat"), endlessRows(() => {}), { signal: giveUp.signal });
  const reader = response.body?.getReader();
  await reader?.read();
  giveUp.abort();
  await withTimeout(ended.promise, 10_000, "the handler to hear of it");
});

Deno.test("An upload whose connection breaks cancels its call", async () => {
  const began = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  async function* Chat(ticks: AsyncIterable<object>) {
    try {
      for await (const tick of ticks) {
        began.resolve();
        yield tick;
      }
      ended.resolve("as if all had been sent");
    } finally {
      ended.resolve("cancelled");
    }
  }
  await using page = await startPage({ handlers: { Chat } });
  const { hostname, port } = new URL(page.url);
  const conn = await Deno.connect({ hostname, port: Number(port) });
  const head = `POST ${urlOf("Chat")} HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked`;
  await conn.write(new TextEncoder().encode(`${head}\r\n\r\nb\r\nnumber\n1\n2\n\r\n`));
  await withTimeout(began.promise, 10_000, "the first row");
  conn.close();
  assert.equal(await withTimeout(ended.promise, 10_000, "the handler to end"), "cancelled");
});

Deno.test("Sentences on an upload name its file, unless it would read as something else", async () => {
  await using page = await startPage();
  for (
    const [file, called] of [
      ["läufe 1.csv", "läufe 1.csv"],
      ['a" line 7.csv', "the upload"],
      ["a; --b.csv", "the upload"],
    ] as const
  ) {
    const path = `${urlOf("Chat")}&${new URLSearchParams({ file })}`;
    const [, { rejected }] = await readLines(await page.post(path, "number\nx\n"));
    assert.match(rejected.sentence, new RegExp(`^Cannot read "${called}" line 2 column 1 `));
    const refused = await readError(await page.post(path, "wrong\n1\n"));
    assert.match(refused, new RegExp(`^Cannot stream "${called}": none of its columns`));
  }
});

const ADVISED: readonly [name: string, path: string, body: string, sentence: RegExp][] = [
  [
    "two columns for a field",
    urlOf("Chat"),
    "number,Number\n1,2\n",
    /both fill the field "number"; change the file, or send it with broker stream, which/,
  ],
  ["a wrong map", urlOf("Chat", ["x"]), "number\n1\n", /^Cannot use map "x": it is not/],
  [
    "a decimal comma",
    urlOf("Chat"),
    'number\n1\n"1,5"\n',
    /is not an int32; if that is a decimal comma, send the file with broker stream --decimal ,"/,
  ],
  [
    "a word for no value",
    urlOf("Chat"),
    "number\n1\nNA\n",
    /is not an int32; if that means missing, send the file with broker stream --null NA"/,
  ],
];

Deno.test("The page advises nothing that it does not have", async (t) => {
  await using page = await startPage();
  for (const [name, path, body, sentence] of ADVISED) {
    await t.step(name, async () => {
      const text = await (await page.post(path, body)).text();
      assert.match(text.replaceAll('\\"', '"').replace(/^\{"error":"/, ""), sentence);
      assert.doesNotMatch(text, /(?<!broker stream )--/);
    });
  }
});

Deno.test("An upload that is too far ahead of the server ends with a sentence that says so", async () => {
  await using page = await startPage();
  let sent = 0;
  const giveUp = new AbortController();
  const response = await page.post(urlOf("Chat"), endlessRows((octets) => sent += octets), {
    signal: giveUp.signal,
  });
  assert.equal(response.status, 200);
  const status = await withTimeout(lastLine(response), 60_000, "the status");
  assert.equal(status.status.name, "RESOURCE_EXHAUSTED");
  assert.match(status.status.message, /^Cannot read the upload any further: .* broker stream$/);
  assert.ok(sent > 100e6, `${sent}`);
  giveUp.abort();
});

/** The line with the status; what comes before is thrown away. */
async function lastLine(response: Response): Promise<Line> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  for (let text = "";;) {
    const { done = true, value } = await reader?.read() ?? {};
    if (done) throw new Error(`It ended with ${text}`);
    text = (text + decoder.decode(value, { stream: true })).slice(-2000);
    const [line] = /\{"status":.*(?=\n)/.exec(text) ?? [];
    if (line !== undefined) return JSON.parse(line);
  }
}

/** The parts of the page that need no browser. */
import assert from "node:assert/strict";
import { chooseScale, formatTick } from "../../dashboard/assets/chart_scale.js";
import {
  formatMs,
  formatNumber,
  formatOctets,
  formatUptime,
  shortPath,
} from "../../dashboard/assets/format.js";
import { MessageBook, valueAt } from "../../dashboard/assets/message_book.js";
import { Rates } from "../../dashboard/assets/rates.js";
import { readEvents, readLines } from "../../dashboard/assets/read_stream.js";
import { SampleStore } from "../../dashboard/assets/sample_store.js";
import {
  accessFlags,
  brokerCommand,
  grpcurlCommand,
  quote,
  targetOf,
} from "../../dashboard/assets/shell_command.js";
import { runProgram } from "../support/run_program.ts";

type Server = ConstructorParameters<typeof MessageBook>[0];
type Field = Server["messages"][number]["fields"][number];

const METHOD: Server["services"][number]["methods"][number] = {
  name: "Predict",
  path: "/pkg.Model/Predict",
  kind: "bidi_streaming",
  request: "pkg.Reading",
  response: "pkg.Answer",
  template: {},
  numericFields: {
    request: ["row_id", "level", "maybe"],
    response: ["row_id", "alarm", "class", "level"],
  },
};

function createBook(): MessageBook {
  const field = (name: string, type: string, label = ""): Field => ({
    name,
    number: 1,
    type,
    label,
  });
  return new MessageBook({
    name: "broker",
    version: "1",
    address: "",
    tls: false,
    tokenNeeded: false,
    readOnly: false,
    workers: 1,
    services: [{ name: "pkg.Model", methods: [METHOD] }],
    messages: [
      {
        name: "pkg.Reading",
        fields: [
          field("row_id", "int64"),
          field("level", "float"),
          field("maybe", "double", "optional"),
        ],
      },
      {
        name: "pkg.Answer",
        fields: [
          field("row_id", "int64"),
          field("alarm", "bool"),
          field("class", "int32"),
          field("level", "float"),
        ],
      },
    ],
    enums: [],
  });
}

function createStore(capacity = 100): SampleStore {
  return new SampleStore(METHOD, { book: createBook(), capacity });
}

function track(store: SampleStore, key: string): SampleStore["tracks"][number] {
  const found = store.tracks.find((one) => one.key === key);
  assert.ok(found, key);
  return found;
}

Deno.test("SampleStore draws readings, marks flags, and leaves out what numbers the rows", () => {
  const store = createStore();
  const chosen = store.requestTracks.filter(({ isChosen }) => isChosen).map(({ name }) => name);
  assert.deepEqual(chosen, ["level", "maybe"]);
  const modes = store.responseTracks.map(({ name, mode }) => [name, mode]);
  assert.deepEqual(modes, [
    ["row_id", "off"],
    ["alarm", "mark"],
    ["class", "mark"],
    ["level", "line"],
  ]);
});

Deno.test("SampleStore marks a bool that is true and a whole number of 0 and 1 that is 1", () => {
  const store = createStore();
  const marks = [
    { alarm: false, class: 0 },
    { alarm: true, class: 0 },
    { alarm: false, class: 1 },
    // What has its default value is not in the message at all.
    {},
  ].map((response, index) =>
    store.isMarked(store.add({ call: 1, index, atMs: 0, request: { level: 1 }, response }))
  );
  assert.deepEqual(marks, [false, true, true, false]);
});

Deno.test("SampleStore makes a whole number that is neither 0 nor 1 a line, for good", () => {
  const store = createStore();
  let told = 0;
  track(store, "response.class").onMode = () => told++;
  const numbers = [1, 7, 1].map((value, index) =>
    store.add({ call: 1, index, atMs: 0, response: { class: value } })
  );
  assert.equal(track(store, "response.class").mode, "line");
  assert.equal(told, 1);
  assert.deepEqual(numbers.map((number) => store.isMarked(number)), [false, false, false]);
});

Deno.test("SampleStore reads an absent field as 0, but an absent optional one as no reading", () => {
  const store = createStore();
  const slot = store.slot(store.add({ call: 1, index: 0, atMs: 0, request: {} }));
  assert.equal(track(store, "request.level").values[slot], 0);
  assert.equal(track(store, "request.maybe").values[slot], NaN);
});

Deno.test("SampleStore joins an answer to its request, whichever calls are in between", () => {
  const store = createStore();
  store.add({ call: 1, index: 5, atMs: 0, request: { level: 2 } });
  store.add({ call: 2, index: 5, atMs: 0, request: { level: 3 } });
  const number = store.add({ call: 1, index: 5, atMs: 1, response: { alarm: true } });
  assert.equal(store.end, 2);
  assert.equal(number, 0);
  assert.deepEqual([store.isMarked(0), store.isMarked(1)], [true, false]);
});

Deno.test("SampleStore keeps the last samples only, and never joins to one that is gone", () => {
  const store = createStore(10);
  for (let index = 0; index < 35; index++) {
    store.add({ call: 1, index, atMs: index, request: { level: index } });
  }
  assert.deepEqual([store.first, store.end], [25, 35]);
  assert.equal(track(store, "request.level").values.length, 10);
  const late = store.add({ call: 1, index: 3, atMs: 40, response: { alarm: true } });
  assert.equal(late, 35);
  assert.equal(track(store, "request.level").values[store.slot(34)], 34);
});

Deno.test("MessageBook shows floats with the digits that they have", () => {
  const text = createBook().format("pkg.Reading", { level: 93.400002, maybe: 93.400002 });
  assert.equal(text, '{"level":93.4,"maybe":93.400002}');
});

Deno.test("valueAt() finds nested members under both of their names, and no inherited ones", () => {
  assert.equal(valueAt({ outer_part: { inner: 3 } }, "outer_part.inner"), 3);
  assert.equal(valueAt({ outerPart: { inner: 3 } }, "outer_part.inner"), 3);
  assert.equal(valueAt({ outer_part: 3 }, "outer_part.inner"), undefined);
  assert.equal(valueAt({}, "constructor"), undefined);
});

Deno.test("readEvents() and readLines() take their input cut anywhere", async () => {
  const events = ': hello\n\nevent: stats\ndata: {"text":"ü€"}\n\r\nevent: bye\r\ndata: 1\r\n\r\n';
  const octets = new TextEncoder().encode(events);
  for (let size = 1; size <= octets.length; size++) {
    const seen = await Array.fromAsync(readEvents(inPieces(octets, size)));
    assert.deepEqual(seen.filter(({ event }) => event !== ""), [
      { event: "stats", data: { text: "ü€" } },
      { event: "bye", data: 1 },
    ]);
    const lines = await Array.fromAsync(readLines(inPieces(octets, size)));
    assert.equal(lines.length, 5);
  }
});

function inPieces(octets: Uint8Array<ArrayBuffer>, size: number) {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < octets.length; at += size) pieces.push(octets.slice(at, at + size));
  return ReadableStream.from(pieces);
}

Deno.test("Rates divides by the server's clock, and begins anew with another server", () => {
  const stats = (atMs: number, uptimeMs: number, messages: number) => ({
    ...{ atMs, uptimeMs, connections: 0, streams: 0, running: 0 },
    received: { messages, octets: messages * 10 },
    sent: { messages: 0, octets: 0 },
    methods: [{
      ...{ path: "/a.B/C", started: 1, ended: 0, running: 1, codes: {} },
      received: messages,
      sent: 0,
    }],
  });
  const rates = new Rates();
  assert.equal(rates.add(stats(1000, 1000, 100)), undefined);
  const second = rates.add(stats(3000, 3000, 500));
  assert.deepEqual(second?.total, { received: 200, sent: 0, octets: 2000 });
  assert.deepEqual(second?.methods.get("/a.B/C"), { received: 200, sent: 0 });
  assert.equal(rates.add(stats(4000, 10, 5)), undefined);
});

Deno.test("quote() gives a shell back what it was given", async () => {
  const words = [
    "plain",
    "",
    "it's",
    "'",
    "a b",
    '$HOME `id` $(id) \\ " ! * ? ~ # & ; | < > ( )',
    "two\nlines\t",
    "-n",
    "=ls",
    "{a,b}",
    "ü€😀",
    "x'\\''y",
  ];
  const script = `printf '%s\\0' ${words.map(quote).join(" ")}`;
  const { stdout } = await runProgram(["sh", "-c", script]);
  assert.deepEqual(stdout.split("\0").slice(0, -1), words);
});

Deno.test("accessFlags() asks for TLS and a token where the server does", () => {
  assert.deepEqual(accessFlags({ tls: false, tokenNeeded: false }), []);
  assert.deepEqual(accessFlags({ tls: true, tokenNeeded: true }), [
    "--tls",
    '-H "authorization: Bearer $BROKER_TOKEN"',
  ]);
});

Deno.test("brokerCommand() and grpcurlCommand() write the same call", () => {
  const target = { address: "127.0.0.1:8061", tls: true, tokenNeeded: true };
  const call = {
    path: "/pkg.Model/Predict",
    takesStream: true,
    messages: ['{"a":1}', '{"a":2}'],
    metadata: [["x-name", "it's"]] as [string, string][],
    timeoutMs: 1500,
  };
  const token = '-H "authorization: Bearer $BROKER_TOKEN"';
  const rest = `'{"a":1}\n{"a":2}' 127.0.0.1:8061 pkg.Model/Predict`;
  assert.equal(
    brokerCommand(target, call),
    `broker call --tls ${token} -H 'x-name: it'\\''s' --max-time 1500ms -d ${rest}`,
  );
  assert.equal(
    grpcurlCommand({ ...target, tls: false }, call),
    `grpcurl -plaintext ${token} -H 'x-name: it'\\''s' -max-time 1.5 -d ${rest}`,
  );
});

Deno.test("targetOf() replaces an address that is listened on everywhere", () => {
  const rows = [
    ["0.0.0.0:8061", "host.example:8061"],
    ["[::]:8061", "host.example:8061"],
    ["127.0.0.1:9000", "127.0.0.1:9000"],
    ["unix:/run/broker.sock", "unix:/run/broker.sock"],
  ] as const;
  for (const [address, target] of rows) {
    assert.equal(targetOf({ address }, "host.example"), target);
  }
});

Deno.test("chooseScale() surrounds a range with round numbers", () => {
  const rows = [
    [0, 1],
    [46.1, 46.2],
    [-3, 1200],
    [5, 5],
    [0, 0],
    [1e-9, 2e-9],
    [1e12, 1.1e12],
  ] as const;
  for (const [low, high] of rows) {
    const scale = chooseScale(low, high);
    assert.ok(scale.low <= low && scale.high >= high && scale.high > scale.low, `${low} ${high}`);
    const lines = (scale.high - scale.low) / scale.step;
    assert.ok(lines >= 2 - 1e-6 && lines < 6, `${low} to ${high} has ${lines} steps`);
  }
  assert.equal(formatTick(46.2, { low: 46, high: 47, step: 0.2 }), "46.2");
  assert.deepEqual(chooseScale(0, 0), { low: -0.5, high: 0.5, step: 0.5 }, "a line at 0");
});

Deno.test("figures are written short, with their units", () => {
  assert.equal(formatNumber(1_254_321), "1.25 M");
  assert.equal(formatNumber(0.5), "0.5");
  assert.equal(formatOctets(1536), "1.5 KiB");
  assert.equal(formatMs(0.214), "0.214 ms");
  assert.equal(formatMs(2400), "2.4 s");
  assert.equal(formatMs(undefined), "–");
  assert.equal(formatUptime(3_725_000), "1 h 02 min");
  assert.equal(shortPath("/pkg.sub.Model/Predict"), "Model/Predict");
  assert.equal(shortPath("unknown"), "unknown");
});

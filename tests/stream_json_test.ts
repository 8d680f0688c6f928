/** `broker stream` of JSON lines: all that it does with CSV. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import {
  runBroker,
  type RunningServer,
  startBroker,
  startServer,
  temporaryFolder,
} from "./support/broker.ts";
import { startBrokerProcess } from "./support/broker_process.ts";
import { includes } from "./support/includes.ts";
import { repositoryPath } from "./support/paths.ts";
import { withTimeout } from "./support/with_timeout.ts";
import { GOOD_CELLS } from "./tabular_round_trip_cases.ts";

const PROTO = repositoryPath("tests/testdata/stream/rows.proto");
const HANDLERS = repositoryPath("tests/testdata/stream/handlers.ts");
const CELLS = repositoryPath("tests/testdata/protos/every_cell.proto");
const ECHO = repositoryPath("tests/testdata/handlers/echo.ts");
/** Not a double's. */
const FAR = "9007199254740993";
const ROWS = `{"id":${FAR},"value":1.5}\n\n{"value":2,"id":"2"}\n`;
const ANSWERS = `id,value\n${FAR},3\n2,4\n`;

function startRows(): Promise<RunningServer> {
  return startServer([PROTO, "--handlers", HANDLERS, "--log", "off"]);
}

function startEcho(): Promise<RunningServer> {
  return startServer([CELLS, "--handlers", ECHO, "--log", "off"]);
}

/** Files in a folder of their own. */
async function folderOf(files: Readonly<Record<string, string | Uint8Array>> = {}) {
  const folder = await temporaryFolder();
  const path = (name: string) => `${folder.path}/${name}`;
  for (const [name, content] of Object.entries(files)) {
    const octets = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(path(name), octets);
  }
  return {
    path,
    read: (name: string) => Deno.readTextFile(path(name)),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

Deno.test("stream reads JSON lines by their name, or by how they begin, packed or not", async (t) => {
  await using server = await startRows();
  const packed = gzipSync(ROWS);
  const inputs: Record<string, string | Uint8Array> = {
    "rows.jsonl": ROWS,
    "rows.NDJSON": ROWS.replaceAll("\n", "\r\n"),
    "rows.json": ROWS.trimEnd(),
    "rows.jsonl.gz": packed,
    "rows.log": `\uFEFF\n ${ROWS}`,
    "rows": packed,
  };
  await using folder = await folderOf(inputs);
  const flags = ["--method", "Double", "-O", "csv"];
  for (const [name, content] of Object.entries(inputs)) {
    await t.step(name, async () => {
      const { exitCode, stdout, stderr } = await runBroker(
        ["stream", folder.path(name), server.target, ...flags],
      );
      assert.deepEqual([exitCode, stdout], [0, ANSWERS], stderr);
    });
    await t.step(`${name} on stdin`, async () => {
      const stdin = typeof content === "string" ? content : Uint8Array.from(content);
      const { exitCode, stdout, stderr } = await runBroker(
        ["stream", "-", server.target, ...flags],
        { stdin },
      );
      assert.deepEqual([exitCode, stdout], [0, ANSWERS], stderr);
    });
  }
});

Deno.test("stream takes what begins like JSON as CSV, if its name or a flag says so", async () => {
  await using server = await startEcho();
  const text = '{"latitude":1}\n';
  await using folder = await folderOf({ "points.csv": text });
  const flags = ["--no-header", "--map", "1=point", "--delimiter", ";"];
  for (const input of [folder.path("points.csv"), "-"]) {
    const { exitCode, stdout, stderr } = await runBroker(
      ["stream", input, server.target, "-O", "jsonl", ...flags],
      { stdin: text },
    );
    assert.equal(exitCode, 0, stderr);
    assert.equal(JSON.parse(stdout).point.latitude, 1);
  }
  const { exitCode, stderr } = await runBroker(["stream", "a.jsonl", "--no-header"]);
  assert.equal(exitCode, 2);
  assert.match(
    stderr,
    /^error: Cannot use --header, --no-header, --delimiter or --decimal , with JSON lines: /,
  );
});

Deno.test("a JSON value of every type goes through a server and comes back exactly", async () => {
  await using server = await startEcho();
  const cases = GOOD_CELLS.map(([column, , value]) => {
    const name = column.replace(/[.[].*$/, "").toLowerCase();
    return { line: JSON.stringify({ [name]: value }), name, value };
  });
  const raw = [
    { line: `{"an_int64":${FAR}}`, name: "an_int64", value: FAR },
    { line: '{"a_uint64":18446744073709551615}', name: "a_uint64", value: "18446744073709551615" },
    { line: `{"longs":[${FAR},"-1"]}`, name: "longs", value: [FAR, "-1"] },
    { line: `{"by_long":{"${FAR}":"far"}}`, name: "by_long", value: { [FAR]: "far" } },
    { line: `{"point":{"measuredNs":${FAR}}}`, name: "point", value: { measured_ns: FAR } },
    { line: '{"value":"5"}', name: "value", value: "5" },
    { line: '{"value":[null,"5",5]}', name: "value", value: [null, "5", 5] },
    { line: '{"words":["a;b","","[c]"]}', name: "words", value: ["a;b", "", "[c]"] },
    { line: '{"a_string":"two\\nlines"}', name: "a_string", value: "two\nlines" },
    { line: '{"a_string":null}', name: "a_string", value: "" },
    { line: '{"at":1709209815}', name: "at", value: "2024-02-29T12:30:15Z" },
    { line: '{"aBool":true}', name: "a_bool", value: true },
  ];
  // Their keys are not known from the first line.
  const all = [{ line: "{}", name: "a_double", value: 0 }, ...cases, ...raw];
  for (const late of [false, true]) {
    // A pipe gives what it has; one that is slow gives a line.
    const stdin = new ReadableStream<Uint8Array>({
      start(controller) {
        const lines = all.map(({ line }) => new TextEncoder().encode(`${line}\n`));
        for (const line of late ? lines : [new Uint8Array(lines.flatMap((line) => [...line]))]) {
          controller.enqueue(line);
        }
        controller.close();
      },
    });
    // Two spellings of one field cannot be two columns.
    const flags = late ? [] : ["--map", "aBool="];
    const { exitCode, stdout, stderr } = await runBroker(
      ["stream", "-", server.target, "-O", "jsonl", ...flags],
      { stdin },
    );
    assert.equal(exitCode, 0, stderr);
    const answers = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(answers.length, all.length);
    for (const [place, { line, name, value }] of all.entries()) {
      if (line.includes("aBool") && !late) continue;
      const found = answers[place][name];
      assert.ok(includes(found, value), `${line}: ${JSON.stringify(found)}`);
    }
  }
});

Deno.test("stream takes --map, --null, --default, --on-missing, --files and --group-by with JSON lines", async (t) => {
  await using server = await startEcho();
  await using folder = await folderOf({ "1.jpg": Uint8Array.of(255, 216) });
  const answersTo = async (stdin: string, ...flags: string[]) => {
    const args = ["stream", "-", server.target, "-O", "jsonl", ...flags];
    const { exitCode, stdout, stderr } = await runBroker(args, { stdin });
    assert.equal(exitCode, 0, stderr);
    return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  };
  await t.step("--map of a key, of one within an object, and of the rest", async () => {
    const [answer] = await answersTo(
      '{"d":1,"meta":{"n":2,"other":3},"point":{"latitude":4,"tags":["a"]}}\n',
      ...["--map", "d=a_double", "--map", "meta.n=an_int32"],
      ...["--map", "point.latitude=point.longitude", "--map", "*="],
    );
    const point = { latitude: 0, longitude: 4, tags: ["a"] };
    assert.ok(includes(answer, { a_double: 1, an_int32: 2, point }));
  });
  await t.step("--null and --default", async () => {
    const answers = await answersTo(
      '{"a_double":"NA","maybe":null}\n{"a_double":1,"maybe":2}\n{"color":"RED"}\n',
      ...["--null", "NA", "--default", "maybe=7", "--default", "an_int32=5"],
    );
    assert.ok(includes(answers[0], { a_double: 0, maybe: 7, an_int32: 5 }));
    assert.ok(includes(answers[1], { a_double: 1, maybe: 2, an_int32: 5 }));
    assert.ok(includes(answers[2], { a_double: 0, maybe: 7, color: "COLOR_RED" }));
  });
  await t.step("--on-missing", async () => {
    const args = ["stream", "-", server.target, "--on-missing", "reject"];
    const { exitCode, stderr } = await runBroker(args, {
      stdin: '{"a_double":1,"an_int32":2}\n{"a_double":3}\n',
    });
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /^error: Cannot read "stdin" line 2 key "an_int32": the cell has no value/m,
    );
  });
  await t.step("--files", async () => {
    const [answer] = await answersTo(
      '{"some_bytes":"@1.jpg","blobs":["@1.jpg","AQ=="]}\n',
      ...["--files", folder.path("")],
    );
    assert.ok(includes(answer, { some_bytes: "/9g=", blobs: ["/9g=", "AQ=="] }));
  });
  await t.step("--group-by", async () => {
    const answers = await answersTo(
      '{"a_string":"x","points":{"latitude":1},"words":"a"}\n' +
        '{"a_string":"x","points":{"latitude":2},"words":"b"}\n' +
        '{"a_string":"y","points":{"latitude":3},"words":"c"}\n',
      ...["--group-by", "a_string"],
    );
    const points = [{ latitude: 1 }, { latitude: 2 }];
    assert.equal(answers.length, 2);
    assert.ok(includes(answers[0], { a_string: "x", points, words: ["a", "b"] }));
    assert.ok(includes(answers[1], { a_string: "y", points: [{ latitude: 3 }], words: ["c"] }));
  });
});

Deno.test("stream --check shows which key becomes which field, and tries the rows", async () => {
  await using server = await startRows();
  const args = ["stream", "-", server.target, "--method", "Double", "--check"];
  const good = await runBroker(args, { stdin: ROWS });
  assert.deepEqual(
    [good.exitCode, good.stdout],
    [
      0,
      'rows.Row from "stdin"\n#  column  field  type    example\n' +
      `1  id      id     int64   ${FAR}\n2  value   value  double  1.5\nstays unset: count\n`,
    ],
    good.stderr,
  );
  const bad = await runBroker(args, { stdin: `${ROWS}{"id":1,"value":"x"}\n` });
  assert.equal(bad.exitCode, 1);
  assert.match(bad.stderr, /Cannot read "stdin" line 4 key "value": "x" is not a double/);
});

Deno.test("stream --join puts the values of a line beside its answer", async () => {
  await using server = await startRows();
  const args = ["stream", "-", server.target, "--method", "Shuffle", "--id-field", "id", "--join"];
  const { exitCode, stdout, stderr } = await runBroker([...args, "-O", "jsonl"], { stdin: ROWS });
  assert.equal(exitCode, 0, stderr);
  assert.equal(
    stdout,
    `{"id":${FAR},"value":1.5,"answer.id":"${FAR}","answer.value":3}\n` +
      '{"id":2,"value":2,"answer.id":"2","answer.value":4}\n',
  );
});

Deno.test("stream --rejects writes bad lines as they were, with the reason; the others are sent", async () => {
  await using server = await startRows();
  const lines = [
    '{"id":1,"value":1}',
    `{ "id": ${FAR}, "value": "n/a" }`,
    '{"id":3,"value":}',
    "[4]",
    '{"id":5,"value":-5}',
    '{"id":6,"value":6}',
  ];
  await using folder = await folderOf({ "rows.jsonl": lines.join("\n") });
  const rejects = folder.path("rejects.jsonl");
  const args = ["stream", folder.path("rows.jsonl"), server.target, "--method", "One", "-O", "csv"];
  const { exitCode, stdout, stderr } = await runBroker([...args, "--rejects", rejects]);
  assert.deepEqual([exitCode, stdout], [3, "id,value\n1,2\n6,12\n"], stderr);
  assert.equal(
    await folder.read("rejects.jsonl"),
    '{"line":2,"column":"value","value":"n/a","reason":"\\"n/a\\" is not a double; if that means missing, ' +
      `say --null n/a","row":{ "id": ${FAR}, "value": "n/a" }}\n` +
      '{"line":3,"reason":"column 17: found \\"}\\", want a value","text":"{\\"id\\":3,\\"value\\":}"}\n' +
      '{"line":4,"reason":"it is a list, want a JSON object on each line","row":[4]}\n' +
      '{"line":5,"reason":"NOT_FOUND: value -5","row":{"id":5,"value":-5}}\n',
  );
});

Deno.test("stream stops at the first bad line, which it names", async () => {
  await using server = await startRows();
  const args = ["stream", "-", server.target, "--method", "Double", "-O", "csv"];
  const { exitCode, stdout, stderr } = await runBroker(args, { stdin: `${ROWS}{"id":3` });
  assert.deepEqual([exitCode, stdout], [1, ANSWERS]);
  assert.match(
    stderr,
    /^error: Cannot read "stdin" line 4 column 8: found the end, want "," or "}"$/m,
  );
});

Deno.test("stream --checkpoint goes on with JSON lines, also when lines with other keys were added", async () => {
  await using server = await startRows();
  await using folder = await folderOf({ "rows.jsonl": '{"id":1}\n{"id":"x"}\n{"id":3}\n{"id":' });
  const files = ["-o", folder.path("answers.csv"), "--rejects", folder.path("rejects.jsonl")];
  const args = [
    ...["stream", folder.path("rows.jsonl"), server.target, "--method", "Double", ...files],
    ...["--checkpoint", folder.path("run.checkpoint"), "--max-errors", "1"],
  ];
  const first = await runBroker(args);
  assert.equal(first.exitCode, 1, first.stderr);
  await Deno.writeTextFile(folder.path("rejects.jsonl"), '{"line":4,"co', { append: true });
  await Deno.writeTextFile(folder.path("rows.jsonl"), '4}\n{"id":5,"value":5}\n', { append: true });
  const second = await runBroker(args);
  assert.equal(second.exitCode, 3, second.stderr);
  const answers = (await folder.read("answers.csv")).trimEnd().split("\n");
  assert.deepEqual(answers.at(-1), "5,10");
  assert.equal(new Set(answers).size, answers.length, "each row once");
  const rejects = (await folder.read("rejects.jsonl")).trimEnd().split("\n");
  assert.deepEqual(JSON.parse(rejects[0]).row, { id: "x" });
});

Deno.test("stream --checkpoint answers every JSON line once though it is killed", async () => {
  await using server = await startRows();
  const count = 4000;
  const rows = Array.from({ length: count }, (_, index) => `{"id":${index + 1},"value":1}\n`);
  await using folder = await folderOf({ "rows.jsonl": rows.join("") });
  const output = folder.path("answers.csv");
  const args = [
    ...["stream", folder.path("rows.jsonl"), server.target, "--method", "Double", "-o", output],
    ...["--checkpoint", folder.path("run.checkpoint")],
  ];
  {
    await using client = startBrokerProcess([...args, "--rate", "1000"]);
    const untilWritten = async () => {
      for await (const _ of Deno.watchFs(folder.path(""))) {
        const found = await Deno.readTextFile(folder.path("run.checkpoint")).catch(() => "");
        if (/"rows": [1-9]/.test(found)) return;
      }
    };
    await withTimeout(untilWritten(), 30_000, "a checkpoint");
    await client.kill();
  }
  const { exitCode, stderr } = await runBroker(args);
  assert.equal(exitCode, 0, stderr);
  assert.match(stderr, /^Going on after row [1-9]\d*$/m);
  const ids = (await folder.read("answers.csv")).trimEnd().split("\n").slice(1).map(parseFloat);
  assert.deepEqual(ids, Array.from({ length: count }, (_, index) => index + 1));
});

Deno.test("stream --loop and --replay read JSON lines again and again, at their pace", async () => {
  await using server = await startRows();
  await using folder = await folderOf({
    "rows.jsonl": '{"id":1,"meta":{"t":1000}}\n{"id":2,"meta":{"t":1000.01}}\n',
  });
  const running = startBroker([
    ...["stream", folder.path("rows.jsonl"), server.target, "--method", "Double", "-O", "csv"],
    ...["--loop", "--replay", "meta.t", "--map", "meta.t="],
  ]);
  await running.untilPrinted("stdout", /^(?:[12],0\n){3}/m);
  running.io.interrupt();
  const { exitCode, stdout, stderr } = await running.ended();
  assert.equal(exitCode, 130, stderr);
  assert.match(stdout, /^id,value\n1,0\n2,0\n1,0\n/);
});

Deno.test("stream --follow sends JSON lines as they are added, with the keys that they have", async () => {
  await using server = await startRows();
  await using folder = await folderOf({ "rows.jsonl": '{"id":1}\n{"id"' });
  const path = folder.path("rows.jsonl");
  const running = startBroker([
    ...["stream", path, server.target, "--method", "Double", "-O", "csv", "--follow"],
  ]);
  await running.untilPrinted("stdout", /^1,0$/m);
  await Deno.writeTextFile(path, ':2,"value":2}\n', { append: true });
  await running.untilPrinted("stdout", /^2,4$/m);
  await Deno.rename(path, `${path}.1`);
  await Deno.writeTextFile(path, '{"value":3,"id":3}\n');
  await running.untilPrinted("stdout", /^3,6$/m);
  running.io.interrupt();
  assert.equal((await running.ended()).exitCode, 130);
});

Deno.test("stream answers the first JSON line of a pipe before the second comes", async () => {
  await using server = await startRows();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const say = (text: string) => writer.write(new TextEncoder().encode(text));
  const args = ["stream", "-", server.target, "--method", "Double", "-O", "csv"];
  const running = startBroker([...args, "--connections", "2"], { stdin: readable });
  await say('{"id":1}\n');
  await running.untilPrinted("stdout", /^1,0$/m);
  await say('{"id":2,"value":2}\n');
  await running.untilPrinted("stdout", /^2,4$/m);
  await writer.close();
  assert.equal((await running.ended()).exitCode, 0);
});

Deno.test("stream --retry sends JSON lines again with all that they say", async () => {
  const serve = [PROTO, "--handlers", HANDLERS, "--log", "off", "--grace", "1ms"];
  await using server = await startServer(serve);
  const port = server.target.split(":").at(-1) ?? "";
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const say = (text: string) => writer.write(new TextEncoder().encode(text));
  const args = ["stream", "-", server.target, "--method", "Shuffle", "--id-field", "id"];
  const running = startBroker(
    [...args, "-O", "csv", "--retry", "20", "--connect-timeout", "1s"],
    { stdin: readable },
  );
  // Shuffle answers ten rows, and holds back the answers of the others; only the first key is a column.
  await say('{"id":1}\n');
  const rows = Array.from({ length: 11 }, (_, index) => `{"id":${index + 2},"value":1}\n`);
  await say(rows.join(""));
  await running.untilPrinted("stdout", /^10,2$/m);
  await server.stop();
  await running.untilPrinted("stderr", /\(2 of 20\)/);
  await using _again = await startServer([...serve, "--host", "127.0.0.1", "--port", port]);
  await writer.close();
  const { exitCode, stdout, stderr } = await running.ended();
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /^11,2\n12,2\n$/m);
  assert.match(stderr, /^12 rows read, 12 sent, 2 sent again, 12 answered, 0 rejected in /m);
});

/** The parts of a run that are a function each: rejected rows, the command to go on, the progress line, ids, passes. */
import assert from "node:assert/strict";
import { defineCommand, parseArguments } from "../../cli/mod.ts";
import { Metadata, Status } from "../../rpc/mod.ts";
import type { FieldShape, MessageShape } from "../../schema/mod.ts";
import { formatRejects, rejectsHeader } from "../../streaming/format_rejects.ts";
import { readIdField } from "../../streaming/id_field.ts";
import { readPasses, skipRows } from "../../streaming/input_passes.ts";
import { ProgressLine } from "../../streaming/progress.ts";
import { formatCommand } from "../../streaming/resume_command.ts";
import { Retries } from "../../streaming/retries.ts";
import type { CsvRecord, Rows } from "../../tabular/mod.ts";

function record(line: number, ...cells: string[]): CsvRecord {
  return { line, cells };
}

Deno.test("formatRejects() writes where, what, why and the cells, each row of a message on a line", () => {
  assert.equal(rejectsHeader(["id", "a,b"]), 'line,column,value,reason,id,"a,b"\n');
  const one = { row: record(7, "1", 'x"y'), line: 7, message: "", reason: "bad, very" };
  const group = {
    row: { message: {}, records: [record(8, "2"), record(9, "3")] },
    line: 9,
    column: 1,
    value: "3",
    message: "",
    reason: "no",
  };
  assert.equal(
    formatRejects([one, group]),
    '7,,,"bad, very",1,"x""y"\n8,,,no,2\n9,1,3,no,3\n',
  );
});

Deno.test("formatCommand() gives the command back, as a shell takes it", () => {
  const spec = defineCommand({
    name: "greet",
    summary: "",
    positionals: { whom: { label: "whom", help: "", required: true } },
    flags: {
      loud: { name: "loud", kind: "boolean", help: "" },
      waitMs: { name: "wait", kind: "duration", default: "1s", help: "" },
      words: { name: "word", short: "w", kind: "string", repeatable: true, help: "" },
      times: { name: "times", kind: "integer", default: "1", help: "" },
    },
    examples: [],
  });
  const args = ["it's me", "--loud", "--wait", "1.5s", "-w", "a=b", "-w", "c d"];
  const parsed = parseArguments(spec, args);
  assert.equal(parsed.asked, "run");
  if (parsed.asked !== "run") return;
  assert.equal(
    formatCommand({ ...parsed, spec }),
    `broker greet 'it'\\''s me' --loud --wait 1500ms --word a=b --word 'c d'`,
  );
});

const COUNTS = { read: 0, sent: 0, answered: 0, rejected: 0, inFlight: 0, latency: undefined };

Deno.test("ProgressLine gives the speed of the last seconds, and the time left where the size is known", () => {
  const line = new ProgressLine(0);
  const latency = { p50: 1.234, p95: 2, p99: 5.6, max: 9 };
  const share = (readOctets: number) => ({ readOctets, totalOctets: 1000 });
  assert.equal(
    line.format({ ...COUNTS, read: 150, answered: 100, inFlight: 50, latency }, share(300), 500),
    "100 rows answered, 200 rows/s, 50 in flight, p50 1.23 ms, p99 5.60 ms",
  );
  // A quarter is dealt with after 10 s: half of it was read, and half of that is answered.
  assert.equal(
    line.format({ ...COUNTS, read: 2000, answered: 900, rejected: 100 }, share(500), 10_000),
    "900 rows answered, 84 rows/s, 0 in flight, 100 rejected, 30 s left",
  );
  const endless = { readOctets: 500, totalOctets: undefined };
  assert.doesNotMatch(line.format({ ...COUNTS, read: 10, answered: 5 }, endless, 20_000), /left/);
});

Deno.test("Retries waits longer each time, and from the start after progress", () => {
  const status = { code: Status.UNAVAILABLE, message: "", trailers: new Metadata() };
  const backoff = { initialMs: 100, factor: 2, jitter: 0, maxMs: 350 };
  const retries = new Retries({ limit: 4, backoff });
  const waits = [1, 2, 3, 4, 5].map(() => retries.next(status));
  assert.deepEqual(waits, [100, 200, 350, 350, undefined]);
  retries.progress();
  assert.equal(retries.next(status), 100);
});

function field(name: string, type: FieldShape["type"], more: Partial<FieldShape> = {}): FieldShape {
  return { name, number: 1, type, cardinality: "single", explicitPresence: false, ...more };
}

Deno.test("readIdField() reads one name or two, and takes an unset field for its default", () => {
  const request: MessageShape = {
    fullName: "p.Row",
    fields: [
      field("key", { kind: "scalar", scalar: "int64" }),
      field("tag", { kind: "scalar", scalar: "string" }),
    ],
  };
  const answer: MessageShape = {
    fullName: "p.Answer",
    fields: [
      field("key", { kind: "scalar", scalar: "int32" }),
      field("row", { kind: "scalar", scalar: "string" }),
      field("value", { kind: "scalar", scalar: "float" }),
      field("keys", { kind: "scalar", scalar: "int32" }, { cardinality: "repeated" }),
    ],
  };
  const same = readIdField("key", request, answer);
  assert.equal(same.request({ key: "12" }), same.answer({ key: 12 }));
  assert.equal(same.request({}), same.answer({ key: 0 }));
  const other = readIdField("tag = row", request, answer);
  assert.equal(other.request({ tag: "a" }), other.answer({ row: "a" }));
  assert.equal(other.request({}), "");
  const rows: readonly (readonly [text: string, reason: string])[] = [
    ["row", 'Row has no field "row"'],
    ["tag", 'Answer has no field "tag"'],
    ["key=valu", 'Answer has no field "valu"; did you mean "value"?'],
    ["key=value", '"value" of Answer is no integer, string or bool'],
    ["key=keys", '"keys" of Answer is no integer, string or bool'],
  ];
  for (const [text, reason] of rows) {
    assert.throws(() => readIdField(text, request, answer), {
      name: "TabularError",
      message: `Cannot use --id-field "${text}": ${reason}`,
    });
  }
});

function rowsOf(header: string[] | undefined, ...batches: CsvRecord[][]): Rows {
  return {
    header,
    firstLine: 1,
    columnCount: 1,
    delimiter: ",",
    batches: (async function* () {
      yield* batches;
    })(),
    close: () => Promise.resolve(),
  };
}

Deno.test("readPasses() reads pass after pass, and refuses one with other columns", async () => {
  const passes = [rowsOf(["id"], [record(2, "2")]), rowsOf(["no"], [record(2, "3")])];
  let begun = 0;
  const batches = readPasses(rowsOf(["id"], [record(2, "1")]), {
    open: () => Promise.resolve(passes.shift()),
    onPass: () => void begun++,
    source: "a.csv",
    endsWithEmpty: true,
  });
  assert.deepEqual((await batches.next()).value, [record(2, "1")]);
  assert.deepEqual((await batches.next()).value, [record(2, "2")]);
  assert.equal(begun, 1);
  await assert.rejects(batches.next(), {
    message: 'Cannot go on with "a.csv": it begins anew with the header "no" in place of "id"',
  });
});

Deno.test("skipRows() leaves out rows over any batches, and says when there are too few", async () => {
  const batches = [[record(1), record(2)], [record(3), record(4), record(5)], [record(6)]];
  const left = async (count: number) => {
    const source = (async function* () {
      yield* batches;
    })();
    const lines: number[] = [];
    for await (const batch of skipRows(source, count, "a.csv")) {
      assert.ok(batch.length > 0);
      lines.push(...batch.map(({ line }) => line));
    }
    return lines;
  };
  for (let count = 0; count <= 6; count++) {
    assert.deepEqual(await left(count), [1, 2, 3, 4, 5, 6].slice(count));
  }
  await assert.rejects(left(7), {
    message: 'Cannot resume "a.csv": it has 6 rows, and 7 were dealt with already',
  });
});

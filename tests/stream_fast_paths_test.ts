/** The fast paths of `broker stream` beside the general ones, on inputs of many chunks: both do the same. */
import assert from "node:assert/strict";
import { runBroker, startServer, temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";
import { createRandom, printSeed } from "./support/random.ts";

const PROTO = repositoryPath("tests/testdata/stream/rows.proto");
const HANDLERS = repositoryPath("tests/testdata/stream/handlers.ts");
/** Half a megabyte: several chunks of a file. */
const ROWS = 25_000;
/** With ids that name the rows, nothing takes a fast path. */
const GENERAL = ["--id-field", "id"];

type Random = (below: number) => number;

/** A cell of `value`, a double. */
function value(random: Random, oddity: number): string {
  if (random(oddity) > 0) return `${random(200_000) - 100_000}.${random(10_000)}`;
  const odd = ["", " ", "1e-5", "+7", "0.12345678901234567", "-0", "nan", "1E3", '"2.5"', "\t3"];
  return odd[random(odd.length)];
}

/** Lines of id, value and count; about every `oddity`-th is spelt in an odd way, and every `fault`-th cannot be sent. */
function table(random: Random, { oddity, fault }: { oddity: number; fault: number }): string {
  const lines = ["id,value,count"];
  for (let id = 1; id <= ROWS; id++) {
    // The last one always: without any there would be nothing to compare.
    const isFaulty = fault > 0 && (id === ROWS || random(fault) === 0);
    const bad = [
      "x,1,2",
      `${id},1`,
      `${id},ä,2`,
      `${id},1,2,3`,
      `${id},1,2147483648`,
      '"a""b",1,2',
    ];
    const line = isFaulty ? bad[random(bad.length)] : `${id},${value(random, oddity)},${random(9)}`;
    lines.push(random(oddity) === 0 ? `${line}\r` : line);
    if (random(10 * oddity) === 0) lines.push("");
  }
  return lines.join("\n") + (random(2) === 0 ? "\n" : "");
}

interface Case {
  readonly name: string;
  readonly flags: readonly string[];
  readonly fault?: number;
}

const CASES: readonly Case[] = [
  { name: "to CSV", flags: [] },
  { name: "joined", flags: ["--join"] },
  { name: "as JSON lines", flags: ["-O", "jsonl"] },
  { name: "with rows kept for retries", flags: ["--retry", "3"] },
  { name: "over three connections", flags: ["--connections", "3"] },
  { name: "with few rows in flight", flags: ["--max-in-flight", "7"] },
  { name: "with rows that are left out", flags: ["--on-bad-row", "skip"], fault: 400 },
  {
    name: "over three connections, joined, with rows left out",
    fault: 300,
    flags: ["--connections", "3", "--join", "--on-bad-row", "skip"],
  },
  { name: "up to a bad row", flags: [], fault: 9_000 },
  { name: "up to the last error that may be", flags: ["--max-errors", "20"], fault: 200 },
  { name: "with cells that stand for none", flags: ["--null", "nan", "--on-bad-row", "skip"] },
  {
    name: "where a missing cell is a bad row",
    flags: ["--on-missing", "reject", "--on-bad-row", "skip"],
  },
  { name: "with a default", flags: ["--default", "value=5"] },
];

for (const { name, flags, fault = 0 } of CASES) {
  Deno.test(`stream sends and writes the same by its fast paths: ${name}`, async () => {
    await using server = await startServer([PROTO, "--handlers", HANDLERS, "--log", "off"]);
    await using folder = await temporaryFolder();
    const random = createRandom(printSeed());
    const input = `${folder.path}/rows.csv`;
    await Deno.writeTextFile(input, table(random, { oddity: 20 + random(300), fault }));
    const run = async (kind: string, more: readonly string[]) => {
      const output = `${folder.path}/${kind}.csv`;
      const rejects = `${folder.path}/${kind}.rejects`;
      const wantsRejects = fault > 0 && flags.includes("skip");
      const { exitCode, stderr } = await runBroker([
        "stream",
        ...[input, server.target, "--method", "Double", "-o", output],
        ...(wantsRejects ? ["--rejects", rejects] : []),
        ...flags,
        ...more,
      ]);
      return {
        exitCode,
        // Without the times.
        said: stderr.replaceAll(/ in [\d.,]+ m?s \(.*\)$|^latency .*$/gm, ""),
        answers: await Deno.readTextFile(output),
        rejects: wantsRejects ? await Deno.readTextFile(rejects) : "",
      };
    };
    const fast = await run("fast", []);
    const general = await run("general", GENERAL);
    assert.deepEqual([fast.exitCode, fast.said], [general.exitCode, general.said]);
    assert.equal(fast.answers, general.answers);
    assert.equal(fast.rejects, general.rejects);
    const isWhole = fault === 0;
    if (isWhole && !flags.includes("reject")) {
      assert.match(fast.said, /^25,000 rows read, 25,000 sent, 25,000 answered, 0 rejected$/m);
    } else {
      assert.ok(fast.exitCode === 1 || fast.exitCode === 3, fast.said);
    }
  });
}

Deno.test("stream sums up by its fast path what it sums up by the general one", async () => {
  await using server = await startServer([PROTO, "--handlers", HANDLERS, "--log", "off"]);
  await using folder = await temporaryFolder();
  const input = `${folder.path}/rows.csv`;
  const lines = Array.from({ length: ROWS }, (_, index) => `${index + 1},${index % 100}\n`);
  await Deno.writeTextFile(input, `id,value\n${lines.join("")}`);
  const args = ["stream", input, server.target, "--method", "Total", "-O", "csv"];
  const { exitCode, stdout, stderr } = await runBroker(args);
  assert.deepEqual([exitCode, stdout], [0, `id,value\n0,${ROWS / 100 * 4950}\n`], stderr);
  assert.match(stderr, /^25,000 rows read, 25,000 sent, 25,000 answered/);
});

Deno.test("stream counts answers beyond the rows, and ends early, as without its fast paths", async (t) => {
  await using server = await startServer([PROTO, "--handlers", HANDLERS, "--log", "off"]);
  await using folder = await temporaryFolder();
  const input = `${folder.path}/rows.csv`;
  const lines = Array.from({ length: ROWS }, (_, index) => `${index + 1},1\n`);
  await Deno.writeTextFile(input, `id,value\n${lines.join("")}`);
  await t.step("two answers for each row", async () => {
    const args = ["stream", input, server.target, "--method", "Twice", "-O", "csv"];
    const { exitCode, stdout, stderr } = await runBroker(args);
    assert.equal(exitCode, 3, stderr);
    assert.match(stderr, /The server sent 25000 more answers than rows/);
    assert.equal(stdout.split("\n").length, 2 * ROWS + 2);
  });
  await t.step("the call ends after two rows", async () => {
    const args = ["stream", input, server.target, "--method", "Early", "-O", "csv"];
    const { exitCode, stdout, stderr } = await runBroker(args);
    assert.equal(exitCode, 3, stderr);
    assert.equal(stdout, "id,value\n1,2\n2,2\n");
    assert.match(
      stderr,
      /: 2 of \d+ rows sent were answered, .*; the first without an answer is line 4$/m,
    );
  });
});

Deno.test("stream --checkpoint goes on within a file of many chunks, each row once", async () => {
  await using server = await startServer([PROTO, "--handlers", HANDLERS, "--log", "off"]);
  await using folder = await temporaryFolder();
  const input = `${folder.path}/rows.csv`;
  const output = `${folder.path}/answers.csv`;
  const lines = Array.from({ length: ROWS }, (_, index) => `${index + 1},${index}\n`);
  const bad = 18_000;
  const wanted = lines.map((_, index) => `${index + 1},${2 * index}\n`);
  await Deno.writeTextFile(input, `id,value\n${lines.with(bad, "x,00000\n").join("")}`);
  const args = ["stream", input, server.target, "--method", "Double", "-o", output];
  const all = [...args, "--checkpoint", `${folder.path}/run.checkpoint`];
  const first = await runBroker(all);
  assert.equal(first.exitCode, 1, first.stderr);
  assert.match(first.stderr, /line 18002 column 1 \(id\): "x" is not an int64/);
  assert.match(first.stderr, /18000 rows are done with for good/);
  assert.equal(await Deno.readTextFile(output), `id,value\n${wanted.slice(0, bad).join("")}`);
  // Beyond the 64 KiB that an input is told apart by, and no octet longer.
  await Deno.writeTextFile(input, `id,value\n${lines.join("")}`);
  const second = await runBroker(all);
  assert.equal(second.exitCode, 0, second.stderr);
  assert.match(second.stderr, /^Going on after row 18000\n7,000 rows read/);
  assert.equal(await Deno.readTextFile(output), `id,value\n${wanted.join("")}`);
});

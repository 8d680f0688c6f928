/** Flags of `broker stream` that contradict each other, its thresholds and what it says on a terminal. */
import assert from "node:assert/strict";
import { runBroker, startServer, temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";

const SENSORS = repositoryPath("dataset/sensors.csv");
// deno-lint-ignore no-control-regex -- what a terminal is sent
const PROGRESS = /\r\x1b\[2K[\d,]+ rows answered, [\d,]+ rows\/s, [\d,]+ in flight/;

Deno.test("stream refuses flags that contradict each other with 2, before it reads or connects", async (t) => {
  const rows: readonly (readonly [args: readonly string[], sentence: string])[] = [
    [["a.csv", "--follow", "--loop"], "Cannot combine --follow with --loop: give only one of them"],
    [
      ["a.csv", "--rate", "1", "--replay", "t"],
      "Cannot combine --rate with --replay: give only one of them",
    ],
    [
      ["a.csv", "--checkpoint", "c", "--loop"],
      "Cannot combine --checkpoint with --loop: give only one of them",
    ],
    [
      ["-", "--follow"],
      "Cannot combine --follow with - for stdin: a pipe is read to its end in any case",
    ],
    [["-", "--loop"], "Cannot combine --loop with - for stdin: only a file can be read again"],
    [
      ["-", "--checkpoint", "c", "-o", "o"],
      "Cannot combine --checkpoint with - for stdin: only a file can be read again",
    ],
    [
      ["a.csv", "--checkpoint", "c"],
      "Cannot use --checkpoint without -o: it goes on with the file of answers",
    ],
    [
      ["a.csv", "--checkpoint", "c", "-o", "-"],
      "Cannot use --checkpoint without -o: it goes on with the file of answers",
    ],
    [
      ["a.csv", "--checkpoint", "c", "-o", "o", "-O", "table"],
      "Cannot combine --checkpoint with -O table: a table cannot go on; use csv or jsonl",
    ],
    [
      ["-", "--rejects", "-"],
      "Cannot use --rejects - without -o: rejected rows would stand between the answers",
    ],
    [["-", "--speed", "2"], "Cannot use --speed without --replay: it says how fast to replay"],
    [["-", "--rate", "0"], "Cannot use --rate 0: want a number above 0"],
    [["-", "--replay", "t", "--speed", "0"], "Cannot use --speed 0: want a number above 0"],
    [["-", "--rate", "-1"], 'Cannot use --rate "-1": want a number of at least 0'],
    [
      ["-", "--on-bad-row", "stop", "--max-errors", "3"],
      "Cannot combine --on-bad-row stop with --max-errors: the first bad row is the end",
    ],
    [
      ["-", "--on-bad-row", "stop", "--rejects", "r"],
      "Cannot combine --on-bad-row stop with --rejects: no row is left out",
    ],
    [["-", "--retry", "-1"], 'Cannot use --retry "-1": want an integer from 0 to 1000000'],
    [["-", "--connections", "0"], 'Cannot use --connections "0": want an integer from 1 to 1000'],
    [
      ["a.csv", "-o", "x", "--rejects", "x"],
      'Cannot write the rejected rows to "x": it is where the answers go',
    ],
    [
      ["a.csv", "-o", "x", "--checkpoint", "x"],
      'Cannot write the checkpoint to "x": it is where the answers go',
    ],
    [["a.csv", "--rejects", "a.csv"], 'Cannot write the rejected rows to "a.csv": it is the input'],
    [
      ["-", "--fail-if", "p99"],
      'Cannot use --fail-if "p99": want p50, p95, p99 or max with a time (p99>50ms), rate (rate<1000) or errors (errors>0, errors>1%)',
    ],
  ];
  for (const [args, sentence] of rows) {
    await t.step(args.join(" "), async () => {
      const { exitCode, stdout, stderr } = await runBroker(["stream", ...args]);
      assert.deepEqual([exitCode, stdout, stderr], [2, "", `error: ${sentence}\n`]);
    });
  }
});

Deno.test("stream --fail-if ends with 99 and says what it measured, unless something worse happened", async (t) => {
  await using server = await startServer(["--log", "off"]);
  const good = "id\n1\n2\n";
  const bad = "id\n1\nx\n";
  const rows: readonly (readonly [flags: readonly string[], stdin: string, code: number])[] = [
    [["--fail-if", "p99>1h"], good, 2],
    [["--fail-if", "p99>60s", "--fail-if", "errors>0"], good, 0],
    [["--fail-if", "p99>0ms"], good, 99],
    [["--fail-if", "rate<1", "--fail-if", "max>0us"], good, 99],
    [["--fail-if", "errors>0", "--on-bad-row", "skip"], bad, 99],
    [["--fail-if", "errors>1", "--on-bad-row", "skip"], bad, 3],
    [["--fail-if", "errors>49%", "--on-bad-row", "skip"], bad, 99],
    [["--fail-if", "p50>0ms"], bad, 1],
  ];
  for (const [flags, stdin, code] of rows) {
    await t.step(flags.join(" "), async () => {
      const { exitCode, stderr } = await runBroker(["stream", "-", server.target, ...flags], {
        stdin,
      });
      assert.equal(exitCode, code, stderr);
      assert.equal(/The run fails --fail-if/.test(stderr), code === 99 || code === 1, stderr);
    });
  }
});

Deno.test("stream shows how far it is on a terminal, and takes the line away at the end", async () => {
  await using server = await startServer(["--log", "off"]);
  await using folder = await temporaryFolder();
  const args = ["stream", SENSORS, server.target, "--rate", "4000", "-o", `${folder.path}/o.csv`];
  const { exitCode, stderr } = await runBroker(args, { terminals: ["stderr"] });
  assert.equal(exitCode, 0, stderr);
  assert.match(stderr, PROGRESS);
  // deno-lint-ignore no-control-regex -- what a terminal is sent
  assert.match(stderr, /\r\x1b\[2K2,000 rows read, 2,000 sent/);
});

Deno.test("stream shows no progress off a terminal, with --quiet, NO_COLOR or answers on the terminal", async (t) => {
  await using server = await startServer(["--log", "off"]);
  const terminal = ["stderr"] as const;
  const cases: Record<string, { flags?: string[]; options: Parameters<typeof runBroker>[1] }> = {
    "off a terminal": { options: {} },
    "--quiet": { flags: ["--quiet"], options: { terminals: terminal } },
    "NO_COLOR": { options: { terminals: terminal, env: { NO_COLOR: "1" } } },
    "answers on the terminal": { options: { terminals: ["stdout", "stderr"] } },
  };
  for (const [name, { flags = [], options }] of Object.entries(cases)) {
    await t.step(name, async () => {
      const args = ["stream", SENSORS, server.target, "--rate", "5000", ...flags];
      const { exitCode, stderr } = await runBroker(args, options);
      assert.equal(exitCode, 0, stderr);
      assert.doesNotMatch(stderr, /rows answered, /);
    });
  }
});

Deno.test("stream --rate sends as many rows as time allows", async () => {
  await using server = await startServer(["--log", "off"]);
  const args = ["stream", SENSORS, server.target, "--rate", "1000"];
  const { exitCode, stderr } = await runBroker(args);
  assert.equal(exitCode, 0);
  // The first of 2000 rows is due at once, the last after 1.999 s.
  const [, answered, seconds = ""] = /, ([\d,]+) answered, .* in (\S+) s /.exec(stderr) ?? [];
  assert.equal(answered, "2,000");
  assert.ok(Number(seconds) >= 1.99 && Number(seconds) < 2.3, stderr);
});

Deno.test("stream --replay keeps the distances of a column, and --speed shortens them", async () => {
  await using server = await startServer(["--log", "off"]);
  const stdin = "id,time\n1,2026-01-01T00:00:00Z\n2,2026-01-01T00:00:30Z\n3,2026-01-01T00:01:00Z\n";
  const flags = ["--map", "time=", "--replay", "time", "--speed", "200"];
  const { exitCode, stderr } = await runBroker(["stream", "-", server.target, ...flags], { stdin });
  assert.equal(exitCode, 0, stderr);
  const [, ms = ""] = /rejected in (\d+) ms/.exec(stderr) ?? [];
  assert.ok(Number(ms) >= 299 && Number(ms) < 900, stderr);
  const unknown = await runBroker(["stream", "-", server.target, "--replay", "when"], {
    stdin: "id\n1\n",
  });
  assert.equal(unknown.exitCode, 1);
  assert.equal(
    unknown.stderr,
    'error: Cannot use --replay "when": "stdin" has no such column; it has id\n',
  );
});

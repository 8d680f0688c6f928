/** `broker stream --checkpoint` within one process: what it writes down, and what it refuses to go on with. */
import assert from "node:assert/strict";
import { runBroker, startBroker, startServer, temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";

const PROTO = repositoryPath("tests/testdata/stream/rows.proto");
const HANDLERS = repositoryPath("tests/testdata/stream/handlers.ts");

function startRows() {
  return startServer([PROTO, "--handlers", HANDLERS, "--log", "off"]);
}

/** A run with a checkpoint in a folder of its own. */
async function prepare(text: string) {
  const folder = await temporaryFolder();
  const path = (name: string) => `${folder.path}/${name}`;
  await Deno.writeTextFile(path("rows.csv"), text);
  return {
    path,
    args: (target: string, method: string, ...flags: string[]) => [
      "stream",
      ...[path("rows.csv"), target, "--method", method, "-o", path("answers.csv")],
      ...["--checkpoint", path("run.checkpoint"), ...flags],
    ],
    answers: () => Deno.readTextFile(path("answers.csv")),
    checkpoint: async () => JSON.parse(await Deno.readTextFile(path("run.checkpoint"))),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

Deno.test("stream goes on at the row that it stopped at, and says with which command", async () => {
  await using server = await startRows();
  await using run = await prepare("id,value\n1,1\n2,2\n3,-5\n4,4\n");
  const args = run.args(server.target, "One", "--max-in-flight", "1");
  const first = await runBroker(args);
  assert.equal(first.exitCode, 69, first.stderr);
  assert.equal(await run.answers(), "id,value\n1,2\n2,4\n");
  assert.match(
    first.stderr,
    /2 rows are done with for good, their answers in "\S+"; go on with:\n/,
  );
  const command = /^ {2}broker (.*)$/m.exec(first.stderr)?.[1] ?? "";
  assert.deepEqual(command.split(" ").toSorted(), args.map(longFlag).toSorted());
  assert.equal((await run.checkpoint()).rows, 2);
  // The row is mended; the file is as long as before.
  await Deno.writeTextFile(run.path("rows.csv"), "id,value\n1,1\n2,2\n3,+5\n4,4\n");
  const second = await runBroker(command.split(" "));
  assert.equal(second.exitCode, 1);
  assert.match(second.stderr, /is not the input that it was made with, or has changed since/);
});

/** The command is printed with the long names. */
function longFlag(word: string): string {
  return word === "-o" ? "--output" : word;
}

Deno.test("stream goes on with the answers and the rejected rows that its checkpoint covers, each once", async () => {
  await using server = await startRows();
  await using run = await prepare("id,value\n1,1\nx,2\n3,3\n4,y\n5,-14\n6,6\n");
  const rejects = run.path("rejects.csv");
  const flags = ["--rejects", rejects, "--max-in-flight", "1"];
  const args = run.args(server.target, "One", ...flags);
  // UNAVAILABLE is never a rejected row.
  const first = await runBroker(args);
  assert.equal(first.exitCode, 78, first.stderr);
  assert.equal((await run.checkpoint()).rows, 4);
  // A crash may have written more than the checkpoint covers.
  await Deno.writeTextFile(run.path("answers.csv"), "5,garb", { append: true });
  await Deno.writeTextFile(rejects, "4,2,y", { append: true });
  const second = await runBroker(args);
  assert.equal(second.exitCode, 78);
  assert.equal(await run.answers(), "id,value\n1,2\n3,6\n");
  assert.equal(
    await Deno.readTextFile(rejects),
    'line,column,value,reason,id,value\n3,1,x,"""x"" is not an int64",x,2\n' +
      '5,2,y,"""y"" is not a double",4,y\n',
  );
});

Deno.test("stream with a finished checkpoint has nothing to do, and sends what was added since", async () => {
  await using server = await startRows();
  await using run = await prepare("id,value\n1,1\n2,2\n");
  const args = run.args(server.target, "Double");
  assert.equal((await runBroker(args)).exitCode, 0);
  assert.equal((await run.checkpoint()).isFinished, true);
  const again = await runBroker(args);
  assert.equal(again.exitCode, 0);
  assert.match(again.stderr, /^"\S+" was streamed to its end before, says "\S+": nothing to do\n$/);
  await Deno.writeTextFile(run.path("rows.csv"), "3,3\n", { append: true });
  const more = await runBroker(args);
  assert.equal(more.exitCode, 0, more.stderr);
  assert.match(more.stderr, /^Going on after row 2\n1 row read, 1 sent, 1 answered/);
  assert.equal(await run.answers(), "id,value\n1,2\n2,4\n3,6\n");
  assert.equal((await run.checkpoint()).rows, 3);
});

Deno.test("stream refuses the checkpoint of another run, and leaves its files alone", async (t) => {
  await using server = await startRows();
  await using run = await prepare("id,value\n1,1\n2,2\n");
  assert.equal((await runBroker(run.args(server.target, "Double"))).exitCode, 0);
  const before = await run.answers();
  const other = run.path("other.csv");
  await Deno.writeTextFile(other, "id,value\n9,9\n8,8\n7,7\n");
  const args = run.args(server.target, "Double");
  const cases: Record<string, { args: string[]; sentence: RegExp }> = {
    "another method": {
      args: run.args(server.target, "Shuffle"),
      sentence: /it is of the method \/rows\.Rows\/Double, this run is of \/rows\.Rows\/Shuffle/,
    },
    "another input": {
      args: args.map((word) => word === run.path("rows.csv") ? other : word),
      sentence: /"\S+other\.csv" is not the input that it was made with \("\S+rows\.csv"\)/,
    },
    "another output": {
      args: args.map((word) => word === run.path("answers.csv") ? run.path("b.csv") : word),
      sentence: /its answers are in "\S+answers\.csv", not in "\S+b\.csv"/,
    },
    "a file that is no checkpoint": {
      args: args.map((word) => word === run.path("run.checkpoint") ? other : word),
      sentence: /it is not a checkpoint; remove it to start over/,
    },
  };
  for (const [name, { args, sentence }] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { exitCode, stderr } = await runBroker(args);
      assert.equal(exitCode, 1);
      assert.match(stderr, sentence);
      assert.equal(await run.answers(), before);
    });
  }
  await t.step("answers that are gone", async () => {
    await Deno.writeTextFile(run.path("rows.csv"), "3,3\n", { append: true });
    await Deno.truncate(run.path("answers.csv"), 3);
    const { exitCode, stderr } = await runBroker(args);
    assert.equal(exitCode, 1);
    assert.match(stderr, /Cannot go on with "\S+": it has 3 octets, and 17 were written/);
    await Deno.remove(run.path("answers.csv"));
    const gone = await runBroker(args);
    assert.equal(gone.exitCode, 1);
    assert.match(
      gone.stderr,
      /Cannot go on with "\S+": it is not there any more, and 17 octets were written/,
    );
  });
  await t.step("no place for a checkpoint, before anything is sent", async () => {
    const nowhere = args.map((word) =>
      word === run.path("run.checkpoint") ? run.path("none/run.checkpoint") : word
    );
    const { exitCode, stderr } = await runBroker(nowhere);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^error: Cannot write "\S+run\.checkpoint": its folder does not exist\n$/);
    const full = args.map((word) => word === run.path("run.checkpoint") ? "/dev/full" : word);
    const endless = await runBroker(full);
    assert.match(
      endless.stderr,
      /^error: Cannot resume from "\/dev\/full": it is not a checkpoint/,
    );
  });
});

Deno.test("stream refuses to go on with an output of another layout, sends nothing and leaves the files alone", async (t) => {
  await using server = await startRows();
  await using run = await prepare("id,value\n1,1\n2,2\n3,-5\n4,4\n");
  const map = ["--map", "1=id", "--map", "2=value"];
  const flags = ["--max-in-flight", "1", "-O", "csv", ...map];
  const first = await runBroker(run.args(server.target, "One", ...flags));
  assert.equal(first.exitCode, 69, first.stderr);
  const before = [await run.answers(), await run.checkpoint()];
  const cases: Record<string, { flags: string[]; was: string; is: string }> = {
    "another format": {
      flags: ["-O", "jsonl", ...map],
      was: "-O csv",
      is: "-O jsonl",
    },
    "joined rows": { flags: [...flags, "--join"], was: "no --join", is: "--join" },
    "other fields": {
      flags: ["-O", "csv", "--map", "1=id", "--map", "2=count"],
      was: '--map "1=id" --map "2=value"',
      is: '--map "1=id" --map "2=count"',
    },
    "no header, with which one row more would be sent twice": {
      flags: ["-O", "csv", "--no-header", ...map],
      was: "--header",
      is: "--no-header",
    },
  };
  for (const [name, { flags, was, is }] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { exitCode, stderr } = await runBroker(run.args(server.target, "One", ...flags));
      assert.equal(exitCode, 1);
      const sentence =
        `begun with ${was}, this run has ${is}; give the same, or remove it to start`;
      assert.ok(stderr.includes(sentence), stderr);
      assert.doesNotMatch(stderr, /rows read/);
      assert.deepEqual([await run.answers(), await run.checkpoint()], before);
    });
  }
  await t.step("but not what changes no layout", async () => {
    const { exitCode } = await runBroker(
      run.args(server.target, "One", ...flags, "--on-bad-row", "skip"),
    );
    assert.equal(exitCode, 3);
    assert.equal(await run.answers(), "id,value\n1,2\n2,4\n4,8\n");
  });
});

Deno.test("stream refuses another layout of answers that are finished as well", async (t) => {
  await using server = await startRows();
  for (const [name, text] of [["all", "1,1\n2,2\n"], ["some rejected", "1,1\nx,2\n"]] as const) {
    await t.step(name, async () => {
      await using run = await prepare(`id,value\n${text}`);
      const args = (...flags: string[]) =>
        run.args(server.target, "Double", "--on-bad-row", "skip", ...flags);
      const done = await runBroker(args("--join"));
      const before = [await run.answers(), await run.checkpoint()];
      assert.equal(before[1].isFinished, true);
      const { exitCode, stderr } = await runBroker(args());
      assert.equal(exitCode, 1);
      assert.match(
        stderr,
        /: its answers were begun with --join, this run has no --join; give the/,
      );
      assert.deepEqual([await run.answers(), await run.checkpoint()], before);
      assert.equal((await runBroker(args("--join"))).exitCode, done.exitCode);
    });
  }
});

Deno.test("stream that goes on tells of the rows that were rejected before, and exits as the whole run", async (t) => {
  await using server = await startRows();
  await using run = await prepare("id,value\nx,1\n2,2\n3,3\n");
  const rejects = run.path("rejects.csv");
  const args = run.args(server.target, "Double", "--rejects", rejects);
  assert.equal((await runBroker(args)).exitCode, 3);
  await t.step("when it has come to its end", async () => {
    const { exitCode, stderr } = await runBroker(args);
    assert.equal(
      stderr,
      `error: "${run.path("rows.csv")}" was streamed to its end before, says "${
        run.path("run.checkpoint")
      }", with 1 of 3 rows rejected (see "${rejects}"): nothing more to do\n`,
    );
    assert.equal(exitCode, 3);
  });
  await t.step("when there is more to send", async () => {
    await Deno.writeTextFile(run.path("rows.csv"), "4,4\n", { append: true });
    const { exitCode, stderr } = await runBroker(args);
    assert.match(stderr, /^1 row read, 1 sent, 1 answered, 0 rejected in /m);
    assert.match(stderr, /^4 rows in the whole run, 1 of them rejected$/m);
    assert.equal(exitCode, 3);
  });
  await t.step("and when it stops before its end", async () => {
    await Deno.writeTextFile(run.path("rows.csv"), "5,5\ny,6\n", { append: true });
    const { exitCode, stderr } = await runBroker([...args, "--max-errors", "0"]);
    assert.match(stderr, /^6 rows are done with for good, 2 of them rejected, their answers in "/m);
    assert.equal(exitCode, 1);
  });
});

Deno.test("stream that is interrupted leaves whole rows, a checkpoint that covers them, and goes on", async () => {
  await using server = await startRows();
  const rows = Array.from({ length: 3000 }, (_, index) => `${index + 1},1\n`).join("");
  await using run = await prepare(`id,value\n${rows}`);
  const args = run.args(server.target, "Double");
  const running = startBroker([...args, "--rate", "2000"]);
  const watcher = Deno.watchFs(run.path("answers.csv").replace(/\/[^/]*$/, ""));
  for await (const _ of watcher) {
    if ((await run.answers().catch(() => "")).split("\n").length > 100) break;
  }
  running.io.interrupt();
  const { exitCode, stderr } = await running.ended();
  assert.equal(exitCode, 130);
  const lines = (await run.answers()).split("\n");
  assert.equal(lines.at(-1), "");
  assert.equal((await run.checkpoint()).rows, lines.length - 2);
  assert.match(
    stderr,
    /rows are done with for good, their answers in "\S+"; go on with:\n {2}broker stream /,
  );
  const rest = await runBroker(args);
  assert.equal(rest.exitCode, 0, rest.stderr);
  const ids = (await run.answers()).split("\n").slice(1, -1).map((line) => parseInt(line));
  assert.deepEqual(ids, Array.from({ length: 3000 }, (_, index) => index + 1));
});

Deno.test("stream --replay leaves out the message whose time is none, with all its rows, and no other", async () => {
  await using server = await startRows();
  const at = "2024-01-01T00:00:00Z";
  await using run = await prepare(
    `key,t,id,value\na,${at},1,1\nb,oops,2,2\nb,${at},3,3\nc,${at},4,4\nc,${at},5,5\nd,never,6,6\n`,
  );
  const rejects = run.path("rejects.csv");
  const flags = ["--group-by", "key", "--map", "t=", "--replay", "t", "--rejects", rejects];
  const { exitCode, stderr } = await runBroker(run.args(server.target, "Sum", ...flags));
  assert.equal(exitCode, 3, stderr);
  assert.equal(await run.answers(), "id,value\n1,1\n2,9\n");
  const why = (text: string) => `"""${text}"" is not a time to replay (RFC 3339, or a number)"`;
  assert.equal(
    await Deno.readTextFile(rejects),
    "line,column,value,reason,key,t,id,value\n" +
      `3,2,oops,${why("oops")},b,oops,2,2\n4,,,${why("oops")},b,${at},3,3\n` +
      `7,2,never,${why("never")},d,never,6,6\n`,
  );
  const { rows, isFinished } = await run.checkpoint();
  assert.deepEqual([rows, isFinished], [6, true]);
});

Deno.test("stream --max-errors keeps the rejected rows of a message that was not sent any more", async () => {
  await using server = await startRows();
  await using run = await prepare("key,id,value\na,1,x\na,2,2\na,3,y\na,4,4\n");
  const rejects = run.path("rejects.csv");
  const flags = ["--group-by", "key", "--rejects", rejects, "--max-errors", "1"];
  const { exitCode } = await runBroker(run.args(server.target, "Sum", ...flags));
  assert.equal(exitCode, 1);
  const lines = (await Deno.readTextFile(rejects)).split("\n").slice(1, -1);
  assert.deepEqual(lines.map((line) => parseInt(line)), [2, 4]);
});

Deno.test("stream writes bad rows of no open message down at once, and those of one behind it", async () => {
  await using server = await startRows();
  await using run = await prepare("key,id,value\n");
  const rejects = run.path("rejects.csv");
  const flags = ["--group-by", "key", "--rejects", rejects, "-O", "csv"];
  const pieces = ["key,id,value\nx,1,x\n", "a,2,2\na,3,y\nb,4,z\n", "b,5,y\nb,6,6\n"];
  const wanted = ["2", "2,4,5", "2,4,5,6"];
  const stdin = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const piece = pieces.shift();
      if (piece === undefined) return controller.close();
      controller.enqueue(new TextEncoder().encode(piece));
      const lines = wanted.shift();
      while (await linesOf(rejects) !== lines) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  }, { highWaterMark: 0 });
  const args = ["stream", "-", server.target, "--method", "Sum", ...flags];
  const { exitCode, stdout, stderr } = await runBroker(args, { stdin });
  assert.deepEqual([exitCode, stdout], [3, "id,value\n1,2\n1,6\n"], stderr);
  assert.equal(await linesOf(rejects), "2,4,5,6");
});

/** The line numbers in a file of rejected rows. */
async function linesOf(path: string): Promise<string> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.split("\n").slice(1, -1).map((line) => parseInt(line)).join(",");
}

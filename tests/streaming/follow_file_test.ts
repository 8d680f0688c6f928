import assert from "node:assert/strict";
import { FileFollower } from "../../streaming/follow_file.ts";
import {
  type RunningServer,
  startBroker,
  startServer,
  temporaryFolder,
} from "../support/broker.ts";
import { withTimeout } from "../support/with_timeout.ts";

/** A followed file in a folder of its own. */
async function follow(text: string) {
  const folder = await temporaryFolder();
  const path = `${folder.path}/log.csv`;
  await Deno.writeTextFile(path, text);
  const stopping = new AbortController();
  const notes: string[] = [];
  const follower = new FileFollower(path, {
    stop: stopping.signal,
    onNote: (sentence) => void notes.push(sentence.replace(path, "LOG")),
    pollMs: 2,
  });
  const pass = () => {
    const chunks = follower.pass();
    const next = async () => {
      const step = await withTimeout(chunks.next(), 5000, "the next lines");
      return step.done ? undefined : new TextDecoder().decode(step.value);
    };
    return { next, end: () => chunks.return(undefined) };
  };
  return {
    path,
    notes,
    pass,
    stop: () => stopping.abort(),
    append: (more: string) => Deno.writeTextFile(path, more, { append: true }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

Deno.test("FileFollower gives whole lines as they are added, and ends with the stop", async () => {
  await using file = await follow("a\nb");
  const { next } = file.pass();
  assert.equal(await next(), "a\n");
  await file.append("c\nd\ne");
  assert.equal(await next(), "bc\nd\n");
  await file.append("\n");
  assert.equal(await next(), "e\n");
  const waiting = next();
  file.stop();
  assert.equal(await waiting, undefined);
  assert.deepEqual(file.notes, []);
});

Deno.test("FileFollower does not give half a line at the stop", async () => {
  await using file = await follow("a\nhalf");
  const { next } = file.pass();
  assert.equal(await next(), "a\n");
  const waiting = next();
  file.stop();
  assert.equal(await waiting, undefined);
});

Deno.test("FileFollower ends its pass when the file is cut, drops half a line and says so", async () => {
  await using file = await follow("a\nhal");
  const first = file.pass();
  assert.equal(await first.next(), "a\n");
  await Deno.truncate(file.path, 0);
  assert.equal(await first.next(), undefined);
  assert.deepEqual(file.notes, ['"LOG" was cut: reading it from its start']);
  await file.append("new\n");
  const second = file.pass();
  assert.equal(await second.next(), "new\n");
  await second.end();
});

Deno.test("FileFollower reads a replaced file to its last line, waits for the new one and says so", async () => {
  await using file = await follow("a\n");
  const first = file.pass();
  assert.equal(await first.next(), "a\n");
  const waiting = first.next();
  await Deno.rename(file.path, `${file.path}.1`);
  await Deno.writeTextFile(`${file.path}.1`, "b\nlast", { append: true });
  assert.equal(await waiting, "b\n");
  await Deno.writeTextFile(file.path, "new\n");
  assert.equal(await first.next(), "last");
  assert.equal(await first.next(), undefined);
  assert.deepEqual(file.notes, ['"LOG" was replaced: reading the new file from its start']);
  const second = file.pass();
  assert.equal(await second.next(), "new\n");
  await second.end();
});

Deno.test("FileFollower refuses a gzip file, a folder and a file that is not there", async () => {
  await using file = await follow("");
  await Deno.writeFile(file.path, Uint8Array.of(0x1f, 0x8b, 8));
  await assert.rejects(
    file.pass().next(),
    /^CommandError: Cannot --follow "\S+": it is a gzip file/,
  );
  await Deno.remove(file.path);
  await assert.rejects(file.pass().next(), /Cannot read "\S+": there is no such file$/);
  await Deno.mkdir(file.path);
  await assert.rejects(file.pass().next(), /Cannot read "\S+": it is a directory$/);
});

// The same through the command.

async function startFollowing(server: RunningServer, path: string, ...flags: string[]) {
  const running = startBroker(["stream", path, server.target, "--follow", "-O", "csv", ...flags]);
  await running.untilPrinted("stdout", /\n/);
  return running;
}

Deno.test("stream --follow answers rows as they are added, over a replaced file, until it is interrupted", async () => {
  await using server = await startServer(["--log", "off"]);
  await using folder = await temporaryFolder();
  const path = `${folder.path}/log.csv`;
  await Deno.writeTextFile(path, "id,sensor1\n1,1\n");
  const running = await startFollowing(server, path);
  await running.untilPrinted("stdout", /\n1,false\n/);
  await Deno.writeTextFile(path, "2,1\n3,", { append: true });
  await running.untilPrinted("stdout", /\n2,false\n/);
  await Deno.rename(path, `${path}.1`);
  await Deno.writeTextFile(path, "id,sensor1\n4,1\n");
  await running.untilPrinted("stdout", /\n4,false\n/);
  running.io.interrupt();
  const { exitCode, stdout, stderr } = await running.ended();
  assert.equal(exitCode, 130);
  // What the old file held of line 4 is a row: nobody adds to it any more.
  assert.equal(stdout, "id,prediction\n1,false\n2,false\n3,false\n4,false\n");
  assert.match(stderr, /^"\S+" was replaced: reading the new file from its start\nInterrupted: /);
  assert.match(stderr, /\n4 rows read, 4 sent, 4 answered, 0 rejected in /);
});

Deno.test("stream --follow ends with 1 when the new file has other columns", async () => {
  await using server = await startServer(["--log", "off"]);
  await using folder = await temporaryFolder();
  const path = `${folder.path}/log.csv`;
  await Deno.writeTextFile(path, "id,sensor1\n1,1\n");
  const running = await startFollowing(server, path);
  await Deno.rename(path, `${path}.1`);
  await Deno.writeTextFile(path, "id,sensor2\n2,2\n");
  const { exitCode, stdout, stderr } = await running.ended();
  assert.deepEqual([exitCode, stdout], [1, "id,prediction\n1,false\n"]);
  assert.match(
    stderr,
    /error: Cannot go on with "\S+": it begins anew with the header "id,sensor2" in place of "id,sensor1"\n$/,
  );
});

Deno.test("stream --follow ends with 130 while it waits for the first row", async () => {
  await using server = await startServer(["--log", "off"]);
  await using folder = await temporaryFolder();
  const path = `${folder.path}/log.csv`;
  await Deno.writeTextFile(path, "");
  const running = startBroker(["stream", path, server.target, "--follow"]);
  queueMicrotask(() => running.io.interrupt());
  const { exitCode } = await running.ended();
  assert.equal(exitCode, 130);
});

Deno.test("stream --loop sends the file again and again until it is interrupted", async () => {
  await using server = await startServer(["--log", "off"]);
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.csv`;
  await Deno.writeTextFile(path, "id,sensor1\n1,1\n2,1\n3,1\n");
  const args = ["stream", path, server.target, "--loop", "-O", "csv", "--rate", "500"];
  const running = startBroker(args);
  await running.untilPrinted("stdout", /(?:1,false\n2,false\n3,false\n){4}/);
  running.io.interrupt();
  const { exitCode, stdout } = await running.ended();
  assert.equal(exitCode, 130);
  assert.match(
    stdout,
    /^id,prediction\n(1,false\n2,false\n3,false\n){4,}(1,false\n)?(2,false\n)?$/,
  );
});

Deno.test("stream --loop of a file without rows ends", async () => {
  await using server = await startServer(["--log", "off"]);
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.csv`;
  await Deno.writeTextFile(path, "id,sensor1\n");
  const { exitCode, stderr } = await startBroker(["stream", path, server.target, "--loop"]).ended();
  assert.equal(exitCode, 1);
  assert.match(stderr, /it has a header but no rows\n$/);
});

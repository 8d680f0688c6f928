import assert from "node:assert/strict";
import { BufferedSink, type SinkTarget } from "../../cli/buffered_sink.ts";
import { OutputClosedError } from "../../cli/command_error.ts";

/** A target whose writes end when the test says so. */
class ManualTarget implements SinkTarget {
  readonly isTerminal = false;
  readonly writes: string[] = [];
  #pending: PromiseWithResolvers<void> | undefined;

  writeAll(bytes: Uint8Array): Promise<void> {
    this.writes.push(new TextDecoder().decode(bytes));
    this.#pending = Promise.withResolvers();
    return this.#pending.promise;
  }

  finishWrite(): void {
    this.#pending?.resolve();
  }

  failWrite(error: Error): void {
    this.#pending?.reject(error);
  }
}

/** Lets all that is ready run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("BufferedSink writes the first text soon, and then all that came meanwhile at once", async () => {
  const target = new ManualTarget();
  const sink = new BufferedSink(target);
  sink.write("a");
  sink.write("b");
  await turn();
  assert.deepEqual(target.writes, ["ab"]);
  sink.write("c");
  sink.write("d");
  await turn();
  assert.deepEqual(target.writes, ["ab"]);
  target.finishWrite();
  await turn();
  assert.deepEqual(target.writes, ["ab", "cd"]);
  target.finishWrite();
  await sink.flush();
});

Deno.test("BufferedSink keeps text and bytes in order, and copies the bytes", async () => {
  const written: string[] = [];
  const sink = new BufferedSink({
    isTerminal: false,
    writeAll: (bytes) => {
      written.push(new TextDecoder().decode(bytes));
      return Promise.resolve();
    },
  });
  const bytes = new TextEncoder().encode("two ");
  sink.write("one ");
  sink.write(bytes);
  bytes.fill(0);
  sink.write("thrée");
  await sink.flush();
  assert.equal(written.join(""), "one two thrée");
});

Deno.test("BufferedSink asks for patience only above 64 KiB, until all is written", async () => {
  const target = new ManualTarget();
  const sink = new BufferedSink(target);
  assert.equal(sink.write("x".repeat(65_536)), undefined);
  const full = sink.write("x");
  assert.ok(full instanceof Promise);
  let isDone = false;
  full.then(() => isDone = true);
  await turn();
  assert.equal(isDone, false);
  target.finishWrite();
  await full;
  assert.equal(sink.write("x"), undefined);
  await turn();
  target.finishWrite();
  await sink.flush();
});

Deno.test("BufferedSink throws the failure to whoever writes or flushes next, and to nobody else", async () => {
  const target = new ManualTarget();
  const sink = new BufferedSink(target);
  sink.write("a");
  await turn();
  target.failWrite(new OutputClosedError());
  await turn();
  assert.throws(() => sink.write("b"), OutputClosedError);
  await assert.rejects(sink.flush(), OutputClosedError);
  assert.deepEqual(target.writes, ["a"]);
});

Deno.test("BufferedSink drops everything after a failure that it is to ignore", async () => {
  const target = new ManualTarget();
  const sink = new BufferedSink(target, { isBestEffort: true });
  sink.write("a");
  await turn();
  target.failWrite(new OutputClosedError());
  await turn();
  assert.equal(sink.write("b"), undefined);
  await sink.flush();
  assert.deepEqual(target.writes, ["a"]);
});

Deno.test("BufferedSink for what nobody waits for drops lines above its limit and says how many", async () => {
  const target = new ManualTarget();
  const sink = new BufferedSink(target, { isBestEffort: true });
  sink.write("first\n");
  await turn();
  const line = "x".repeat(1023) + "\n";
  for (let written = 0; written < 2000; written++) sink.write(line);
  target.finishWrite();
  await turn();
  const [, kept] = target.writes;
  assert.equal(kept.split(line).length - 1, 1025);
  assert.match(kept, /\n\(975 lines were left out: nobody read them in time\)\n$/);
  target.finishWrite();
  await sink.flush();
});

import assert from "node:assert/strict";

const FIXTURE = new URL("fixtures/command_process.ts", import.meta.url).pathname;
const TIMEOUT_MS = 30_000;

function start(task: string, options?: Deno.CommandOptions): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", FIXTURE, task],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...options,
  }).spawn();
}

async function readUntil(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  text: string,
): Promise<string> {
  const decoder = new TextDecoder();
  let seen = "";
  while (!seen.includes(text)) {
    const { value, done } = await reader.read();
    if (done) break;
    seen += decoder.decode(value, { stream: true });
  }
  return seen;
}

Deno.test("a process ends quietly when its reader goes away", async () => {
  const child = start("lines");
  const reader = child.stdout.getReader();
  await readUntil(reader, "line 10\n");
  await reader.cancel();
  const [status, stderr] = await Promise.all([child.status, new Response(child.stderr).text()]);
  assert.equal(stderr, "");
  assert.equal(status.code, 0);
});

Deno.test("a process passes stdin to stdout byte by byte", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const input = Array.from({ length: 32 }, () => bytes);
  const child = start("echo", { stdin: "piped" });
  const [output] = await Promise.all([
    new Response(child.stdout).bytes(),
    ReadableStream.from(input).pipeTo(child.stdin),
    child.stderr.cancel(),
  ]);
  assert.deepEqual(output, new Uint8Array(await new Blob(input).arrayBuffer()));
  assert.equal((await child.status).code, 0);
});

Deno.test("a process does not wait for a read of stdin that never ends", async () => {
  const child = start("unread", { stdin: "piped", env: { BROKER_TEST: "set" } });
  const { code } = await child.status;
  assert.equal(await new Response(child.stdout).text(), "set false\n");
  assert.equal(code, 0);
  await child.stdin.close().catch(() => {});
  await child.stderr.cancel();
});

Deno.test("the first signal reaches the command, which ends with 130 after flushing", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const child = start("polite");
    const reader = child.stderr.getReader();
    await readUntil(reader, "ready");
    child.kill(signal);
    const { code } = await child.status;
    assert.equal(await new Response(child.stdout).text(), "kept\n");
    assert.equal(code, 130);
    await reader.cancel();
  }
});

Deno.test("an echo of the first signal does not end the process", async () => {
  const child = start("grace");
  const reader = child.stderr.getReader();
  await readUntil(reader, "ready");
  // What Ctrl-C under `deno task` does.
  child.kill("SIGINT");
  child.kill("SIGINT");
  assert.equal((await child.status).code, 0);
  await reader.cancel();
  await child.stdout.cancel();
});

Deno.test("a second signal ends the process at once", async () => {
  const child = start("wait");
  const reader = child.stderr.getReader();
  await readUntil(reader, "ready");
  child.kill("SIGINT");
  await readUntil(reader, "interrupted");
  // Not SIGINT again: so soon after the first it would pass for its echo.
  child.kill("SIGTERM");
  const { code } = await child.status;
  assert.equal(code, 130);
  await reader.cancel();
  await child.stdout.cancel();
});

Deno.test("broker --version runs as a process", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("../../main.ts", import.meta.url).pathname,
      "--version",
    ],
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).output();
  assert.match(new TextDecoder().decode(stdout), /^broker \d+\.\d+\.\d+ \(Deno \d+\.\d+\.\d+\)\n$/);
  assert.equal(code, 0);
});

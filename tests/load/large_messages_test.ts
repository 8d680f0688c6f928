/** What V8's collector does while large messages pass, with the flags that we start and ship with. */
import assert from "node:assert/strict";
import { createWorks } from "../../bench/works.ts";
import { V8_FLAGS } from "../../release/v8_flags.ts";
import { repositoryPath } from "../support/paths.ts";
import { collectText } from "../support/run_program.ts";
import { withTimeout } from "../support/with_timeout.ts";

/** Of 64 KiB each: a gibioctet. */
const MESSAGES = 16_384;
/** Without the flags V8 marks its whole heap some 30 to 80 times meanwhile, with them once or not at all. */
const MAX_MARKS = 8;
const TIMEOUT_MS = 60_000;

Deno.test("A gibioctet of large messages hardly ever has V8 mark its whole heap", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", `--v8-flags=${V8_FLAGS},--trace-gc`, "-A", "server.ts"],
    cwd: repositoryPath("bench/peers/ours"),
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const listening = Promise.withResolvers<number>();
  const said = collectText(child.stdout, (text) => {
    const [, port] = /^listening (\d+)$/m.exec(text) ?? [];
    if (port !== undefined) listening.resolve(Number(port));
  });
  said.then((text) => listening.reject(new Error(`The server ended: ${text}`)));
  try {
    const port = await withTimeout(listening.promise, TIMEOUT_MS, "the server to listen");
    const echo = (await createWorks()).find(({ letter }) => letter === "e");
    await withTimeout(echo?.run({ port }, MESSAGES) ?? assert.fail(), TIMEOUT_MS, "the echo");
  } finally {
    await child.stdin.close();
    await child.status;
  }
  const text = await said;
  // Either kind: had it said nothing of its collections, there would be nothing to count.
  assert.match(text, /ms: Scavenge /);
  const marks = text.match(/ms: \S*\s?Mark-Compact/g)?.length ?? 0;
  assert.ok(marks <= MAX_MARKS, `${marks} times, at most ${MAX_MARKS} are well`);
});

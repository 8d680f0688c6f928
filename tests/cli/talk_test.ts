import assert from "node:assert/strict";
import { escapeControls } from "../../cli/escape_controls.ts";
import { createTalk, type TalkOptions } from "../../cli/talk.ts";
import { testIo, type TestIoOptions } from "../../cli/test_io.ts";

async function talkOnce(options: Partial<TalkOptions>, ioOptions?: TestIoOptions): Promise<string> {
  const io = testIo(ioOptions);
  const talk = createTalk(io, { quiet: false, verbose: false, ...options });
  talk.say("said", "green");
  talk.detail("detail");
  talk.fail("failed");
  await io.stderr.flush();
  assert.equal(io.stdoutText(), "");
  return io.stderrText();
}

Deno.test("createTalk() honours --quiet, --verbose, the terminal and NO_COLOR", async () => {
  const terminals = ["stderr"] as const;
  const colored = "\u001b[32msaid\u001b[0m\n\u001b[31merror:\u001b[0m failed\n";
  const plain = "said\nerror: failed\n";
  const rows: [name: string, TestIoOptions, Partial<TalkOptions>, text: string][] = [
    ["a pipe", {}, {}, plain],
    ["--quiet", {}, { quiet: true }, "error: failed\n"],
    ["--verbose", {}, { verbose: true }, "said\ndetail\nerror: failed\n"],
    ["a terminal", { terminals }, {}, colored],
    ["NO_COLOR", { terminals, env: { NO_COLOR: "1" } }, {}, plain],
    ["an empty NO_COLOR", { terminals, env: { NO_COLOR: "" } }, {}, colored],
    ["a dumb terminal", { terminals, env: { TERM: "dumb" } }, {}, plain],
  ];
  for (const [name, ioOptions, options, text] of rows) {
    assert.equal(await talkOnce(options, ioOptions), text, name);
  }
});

Deno.test("createTalk() welcomes progress only on a terminal that is not quiet", () => {
  const io = testIo({ terminals: ["stderr"] });
  assert.equal(createTalk(io, { quiet: false, verbose: false }).isRich, true);
  assert.equal(createTalk(io, { quiet: true, verbose: false }).isRich, false);
  assert.equal(createTalk(testIo(), { quiet: false, verbose: false }).isRich, false);
});

Deno.test("escapeControls() leaves nothing that steers a terminal", () => {
  const rows: [text: string, escaped: string][] = [
    ["plain, 20 °C ✓", "plain, 20 °C ✓"],
    ["a\nb\r\tc", "a\\nb\\r\\tc"],
    ["\u001b[2J", "\\u001b[2J"],
    ["\u009b2J", "\\u009b2J"],
    ["\u0000\u007f", "\\u0000\\u007f"],
    ["abc\u202ecba", "abc\\u202ecba"],
  ];
  for (const [text, escaped] of rows) assert.equal(escapeControls(text), escaped);
});

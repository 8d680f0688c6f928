import assert from "node:assert/strict";
import denoConfig from "../../deno.json" with { type: "json" };
import { BufferedSink } from "../../cli/buffered_sink.ts";
import { createCommand } from "../../cli/command.ts";
import { CommandError } from "../../cli/command_error.ts";
import { defineCommand } from "../../cli/command_spec.ts";
import { type Program, runProgram } from "../../cli/run_program.ts";
import { testIo, type TestIoOptions } from "../../cli/test_io.ts";

const SPEC = defineCommand({
  name: "echo",
  summary: "Print the words",
  positionals: { words: { label: "words", help: "What to print", default: "nothing" } },
  flags: { exitCode: { name: "exit", kind: "integer", default: "0", help: "The exit code" } },
  examples: [],
});

const ECHO = createCommand(SPEC, async ({ flags, positionals, globals, io, talk }) => {
  if (positionals.words === "fail") throw new CommandError("Cannot echo: told so");
  if (positionals.words === "crash") throw new TypeError("not foreseen");
  if (positionals.words === "wait") {
    await untilInterrupted(io.interrupted);
    io.interrupted.throwIfAborted();
  }
  talk.say(`quiet: ${globals.quiet}`);
  io.stdout.write(`${positionals.words}\n`);
  return flags.exitCode;
});

function untilInterrupted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", resolve, { once: true });
  });
}

let loads = 0;
const TEST_PROGRAM: Program = {
  summary: "Test",
  commands: [{
    name: SPEC.name,
    loadSpec: () => Promise.resolve(SPEC),
    load: () => {
      loads++;
      return Promise.resolve(ECHO);
    },
  }],
};

async function run(args: string[], options?: TestIoOptions) {
  const io = testIo(options);
  const exitCode = await runProgram(TEST_PROGRAM, args, io);
  return { exitCode, stdout: io.stdoutText(), stderr: io.stderrText() };
}

Deno.test("runProgram() prints version and help on stdout without loading a command", async () => {
  loads = 0;
  const version = `broker ${denoConfig.version} (Deno ${Deno.version.deno})\n`;
  const rows: [args: string[], stdout: RegExp | string][] = [
    [["--version"], version],
    [["echo", "--version"], version],
    [["--help"], /^Test\.\n[^]*\n {2}echo {2}Print the words\n/],
    [["-h"], /^Test\./],
    [["help"], /^Test\./],
    [["help", "echo"], /^Print the words\./],
    [["echo", "--help"], /^Print the words\./],
    [["--help", "echo"], /^Print the words\./],
    [["echo", "--exit", "x", "-h"], /^Print the words\./],
  ];
  for (const [args, expected] of rows) {
    const { exitCode, stdout, stderr } = await run(args);
    if (typeof expected === "string") assert.equal(stdout, expected);
    else assert.match(stdout, expected, args.join(" "));
    assert.equal(stderr, "");
    assert.equal(exitCode, 0);
  }
  assert.equal(loads, 0);
});

Deno.test("runProgram() refuses a wrong command line with 2, without loading a command", async () => {
  loads = 0;
  const rows: [args: string[], stderr: RegExp][] = [
    [[], /^Test\.\n\nUsage: /],
    [["--quiet"], /^Test\.\n\nUsage: /],
    [["ehco"], /^error: Unknown command "ehco": did you mean "broker echo"\?\n$/],
    [["frobnicate"], /^error: Unknown command "frobnicate": "broker --help" lists the commands\n$/],
    [["help", "ehco"], /^error: Unknown command "ehco"/],
    [["--exit", "3", "echo"], /^error: Unknown flag "--exit" of "broker"/],
    [["-"], /^error: Cannot take the argument "-"/],
    [
      ["echo", "--exot", "3"],
      /^error: Unknown flag "--exot" of "broker echo": did you mean "--exit"\?\n$/,
    ],
    [["echo", "\u001b[2J", "x"], /^error: Cannot take the argument "x"/],
    [["\u001b[2J"], /^error: Unknown command "\\u001b\[2J"/],
  ];
  for (const [args, expected] of rows) {
    const { exitCode, stdout, stderr } = await run(args);
    assert.match(stderr, expected, args.join(" "));
    assert.equal(stdout, "");
    assert.equal(exitCode, 2);
  }
  assert.equal(loads, 0);
});

Deno.test("runProgram() runs the command with global flags from before and after its name", async () => {
  assert.deepEqual(await run(["echo", "hi", "--exit", "3"]), {
    exitCode: 3,
    stdout: "hi\n",
    stderr: "quiet: false\n",
  });
  for (const args of [["-q", "echo", "hi"], ["echo", "--quiet", "hi"], ["echo", "hi", "-quiet"]]) {
    assert.deepEqual(await run(args), { exitCode: 0, stdout: "hi\n", stderr: "" });
  }
});

Deno.test("runProgram() reports a failure in one sentence, with a stack only if --verbose", async () => {
  const known = await run(["echo", "fail", "--quiet"]);
  assert.deepEqual(known, { exitCode: 1, stdout: "", stderr: "error: Cannot echo: told so\n" });
  const unknown = await run(["echo", "crash"]);
  assert.equal(
    unknown.stderr,
    "error: Something unexpected failed: TypeError: not foreseen (--verbose shows where)\n",
  );
  assert.equal(unknown.exitCode, 1);
  const verbose = await run(["echo", "crash", "-v"]);
  assert.match(verbose.stderr, /^error: [^\n]*not foreseen\nTypeError: not foreseen\n +at /);
});

Deno.test("runProgram() ends quietly with 0 when nobody reads stdout any more", async () => {
  const io = testIo();
  io.closeStdout();
  assert.equal(await runProgram(TEST_PROGRAM, ["echo", "hi", "-q"], io), 0);
  assert.equal(io.stderrText(), "");
});

Deno.test("runProgram() says once that stdout cannot be written", async () => {
  const io = testIo();
  const stdout = new BufferedSink({
    isTerminal: false,
    writeAll: () => Promise.reject(new CommandError("Cannot write to standard output: it is full")),
  });
  assert.equal(await runProgram(TEST_PROGRAM, ["echo", "a", "--quiet"], { ...io, stdout }), 1);
  assert.equal(io.stderrText(), "error: Cannot write to standard output: it is full\n");
});

Deno.test("runProgram() ends with 130 when the command lets the interrupt pass", async () => {
  const io = testIo();
  const ended = runProgram(TEST_PROGRAM, ["echo", "wait"], io);
  io.interrupt();
  assert.equal(await ended, 130);
  assert.equal(io.stderrText(), "");
});

Deno.test("runProgram() reports a command that cannot be imported", async () => {
  const io = testIo();
  const program: Program = {
    ...TEST_PROGRAM,
    commands: TEST_PROGRAM.commands.map((entry) => ({
      ...entry,
      load: () => Promise.reject(new SyntaxError("no such module")),
    })),
  };
  assert.equal(await runProgram(program, ["echo"], io), 1);
  assert.match(io.stderrText(), /^error: Something unexpected failed: SyntaxError: no such module/);
});

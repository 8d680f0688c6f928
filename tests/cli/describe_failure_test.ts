import assert from "node:assert/strict";
import {
  CommandError,
  InterruptedError,
  OutputClosedError,
  UsageError,
} from "../../cli/command_error.ts";
import { describeFailure, formatStack, knownError } from "../../cli/describe_failure.ts";
import { exitCodeOfStatus } from "../../cli/exit_code.ts";

class StatusError extends Error {
  constructor(message: string, readonly statusCode: number) {
    super(message);
  }
}

Deno.test("describeFailure() has a sentence and an exit code for whatever is thrown", () => {
  const known = [knownError(StatusError, ({ statusCode }) => exitCodeOfStatus(statusCode))];
  const systemError = Object.assign(new Error("Connection refused (os error 111)"), {
    code: "ECONNREFUSED",
  });
  const rows: [name: string, error: unknown, sentence: string | undefined, exitCode: number][] = [
    ["usage", new UsageError("Wrong"), "Wrong", 2],
    ["a command's own", new CommandError("Broken"), "Broken", 1],
    ["with its exit code", new CommandError("Late", { exitCode: 99 }), "Late", 99],
    ["an interrupt", new InterruptedError("SIGINT"), undefined, 130],
    ["a closed output", new OutputClosedError(), undefined, 0],
    ["declared as known", new StatusError("Gone", 14), "Gone", 78],
    ["of the system", systemError, "Connection refused", 1],
    ["unknown", new TypeError("x is odd"), "Something unexpected failed: TypeError: x is odd", 1],
    ["text", "boom", "Something unexpected failed: boom", 1],
    ["nothing", undefined, "Something unexpected failed: undefined", 1],
    ["a bare object", Object.create(null), "Something unexpected failed: object", 1],
  ];
  for (const [name, error, sentence, exitCode] of rows) {
    const failure = describeFailure(error, known);
    assert.equal(failure.sentence, sentence, name);
    assert.equal(failure.exitCode, exitCode, name);
  }
});

Deno.test("describeFailure() names a missing file as the system does, without its number", async () => {
  const error = await Deno.readTextFile("/nonexistent/file").catch((error: unknown) => error);
  const { sentence, isKnown } = describeFailure(error);
  assert.equal(sentence, "No such file or directory: readfile '/nonexistent/file'");
  assert.equal(isKnown, true);
});

Deno.test("formatStack() follows the causes, and ends when they go round", () => {
  const inner = new Error("inner");
  const outer = new Error("outer", { cause: inner });
  inner.cause = outer;
  const stack = formatStack(outer);
  assert.match(stack, /^Error: outer\n[^]*\ncaused by: Error: inner\n/);
});

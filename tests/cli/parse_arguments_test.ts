import assert from "node:assert/strict";
import { UsageError } from "../../cli/command_error.ts";
import { defineCommand } from "../../cli/command_spec.ts";
import { parseArguments } from "../../cli/parse_arguments.ts";

const SPEC = defineCommand({
  name: "send",
  summary: "Send something",
  positionals: {
    what: { label: "what", help: "What is sent", required: true },
    where: { label: "where", help: "Where to", default: "here" },
    why: { label: "why", help: "Why" },
  },
  flags: {
    plaintext: { name: "plaintext", kind: "boolean", help: "" },
    header: { name: "header", kind: "boolean", help: "" },
    noHeader: { name: "no-header", kind: "boolean", help: "" },
    metadata: { name: "metadata", short: "H", kind: "string", repeatable: true, help: "" },
    port: { name: "port", short: "p", kind: "integer", default: "80", maximum: 65_535, help: "" },
    ratio: { name: "ratio", kind: "number", help: "" },
    waitMs: { name: "wait", kind: "duration", default: "10s", help: "" },
    limitOctets: { name: "limit", kind: "size", help: "" },
    format: { name: "format", short: "O", kind: "choice", choices: ["csv", "jsonl"], help: "" },
    nullText: { name: "null", kind: "string", help: "" },
  },
  contradictions: [["header", "noHeader"]],
  examples: [],
});

function parse(...args: string[]) {
  const parsed = parseArguments(SPEC, args);
  assert.equal(parsed.asked, "run");
  if (parsed.asked !== "run") throw new Error("unreachable");
  return parsed;
}

Deno.test("parseArguments() fills in defaults, typed by the kind of flag", () => {
  const { flags, positionals, globals, given } = parse("it");
  // The types are the point here: this does not compile if inference fails.
  const port: number = flags.port;
  const ratio: number | undefined = flags.ratio;
  const format: "csv" | "jsonl" | undefined = flags.format;
  const metadata: readonly string[] = flags.metadata;
  const where: string = positionals.where;
  const why: string | undefined = positionals.why;
  assert.deepEqual({ port, ratio, format, metadata }, {
    port: 80,
    ratio: undefined,
    format: undefined,
    metadata: [],
  });
  assert.deepEqual({ where, why }, { where: "here", why: undefined });
  assert.equal(flags.waitMs, 10_000);
  assert.equal(flags.plaintext, false);
  assert.equal(globals.quiet, false);
  assert.equal(given.size, 0);
});

Deno.test("parseArguments() takes flags in every spelling, before and after positionals", () => {
  const rows: [name: string, args: string[]][] = [
    ["--flag=value", ["--port=9", "it"]],
    ["--flag value", ["--port", "9", "it"]],
    ["-f value", ["-p", "9", "it"]],
    ["-f=value", ["-p=9", "it"]],
    ["-flag value", ["-port", "9", "it"]],
    ["-flag=value", ["-port=9", "it"]],
    ["after the positional", ["it", "--port", "9"]],
    ["the same value twice", ["--port", "9", "it", "-p", "9"]],
    ["before --", ["--port=9", "--", "it"]],
  ];
  for (const [name, args] of rows) {
    const { flags, positionals, given } = parse(...args);
    assert.equal(flags.port, 9, name);
    assert.equal(positionals.what, "it", name);
    assert.deepEqual([...given], ["port"], name);
  }
});

Deno.test("parseArguments() takes values that look unusual", () => {
  const rows: [name: string, args: string[], value: unknown][] = [
    ["an empty value", ["--null="], ""],
    ["an empty argument", ["--null", ""], ""],
    ["a lone dash", ["--null", "-"], "-"],
    ["a negative number", ["--null", "-999"], "-999"],
    ["what looks like a flag, after =", ["--null=--port"], "--port"],
    ["an equals sign", ["--null", "a=b"], "a=b"],
    ["two equals signs", ["--null=a=b"], "a=b"],
  ];
  for (const [name, args, value] of rows) {
    assert.equal(parse("it", ...args).flags.nullText, value, name);
  }
});

Deno.test("parseArguments() collects repeated flags in order", () => {
  const { flags } = parse("-H", "a: 1", "it", "--metadata=b: 2", "-H", "a: 1");
  assert.deepEqual(flags.metadata, ["a: 1", "b: 2", "a: 1"]);
});

Deno.test("parseArguments() converts durations and sizes", () => {
  const { flags } = parse("it", "--wait", "500ms", "--limit", "4MiB", "--ratio", "-0");
  assert.equal(flags.waitMs, 500);
  assert.equal(flags.limitOctets, 4_194_304);
});

Deno.test("parseArguments() takes a lone dash and everything after -- as positionals", () => {
  assert.equal(parse("-").positionals.what, "-");
  const { positionals } = parse("--", "--port", "-x");
  assert.deepEqual(positionals, { what: "--port", where: "-x", why: undefined });
});

Deno.test("parseArguments() counts --flag=false as not given", () => {
  const { flags, given } = parse("it", "--header=false", "--no-header", "--plaintext=true");
  assert.equal(flags.header, false);
  assert.equal(flags.noHeader, true);
  assert.equal(flags.plaintext, true);
  assert.deepEqual([...given].sort(), ["noHeader", "plaintext"]);
});

Deno.test("parseArguments() lets --help win over any mistake, then --version", () => {
  assert.deepEqual(parseArguments(SPEC, ["--help"]), { asked: "help" });
  assert.deepEqual(parseArguments(SPEC, ["-h", "--version"]), { asked: "help" });
  assert.deepEqual(parseArguments(SPEC, ["--bogus", "--port", "x", "--help"]), { asked: "help" });
  assert.deepEqual(parseArguments(SPEC, ["--version"]), { asked: "version" });
  assert.equal(parse("--", "--help").positionals.what, "--help");
});

Deno.test("parseArguments() refuses a wrong command line in one sentence", () => {
  const rows: [args: string[], message: string][] = [
    [[], "Argument <what> is missing: usage is broker send <what> [where] [why] [flags]"],
    [
      ["a", "b", "c", "d"],
      'Cannot take the argument "d": usage is broker send <what> [where] [why] [flags]',
    ],
    [["a", "--prot", "1"], 'Unknown flag "--prot" of "broker send": did you mean "--port"?'],
    [["a", "-plantext"], 'Unknown flag "-plantext" of "broker send": did you mean "--plaintext"?'],
    [["a", "-p9000"], 'Unknown flag "-p9000" of "broker send": did you mean "-p 9000"?'],
    [
      ["a", "--frobnicate"],
      'Unknown flag "--frobnicate" of "broker send": "broker send --help" lists the flags',
    ],
    [["a", "-x"], 'Unknown flag "-x" of "broker send": "broker send --help" lists the flags'],
    [["a", "---"], 'Unknown flag "---" of "broker send": "broker send --help" lists the flags'],
    [["a", "--port"], "Flag --port lacks its value: write --port <n>"],
    [
      ["--port", "--header", "a"],
      'Flag --port lacks its value: "--header" is the next flag (if it is meant as the value, write --port=--header)',
    ],
    [["a", "--port", "ten"], 'Cannot use --port "ten": want an integer'],
    [["a", "-p", "70000"], 'Cannot use -p "70000": want an integer from 0 to 65535'],
    [["a", "--format", "xml"], 'Cannot use --format "xml": want csv or jsonl'],
    [["a", "--header=maybe"], 'Cannot use --header="maybe": the flag takes no value'],
    [
      ["a", "--port", "1", "-p", "2"],
      'Cannot take -p twice: "1" and "2" contradict each other',
    ],
    [
      ["a", "--header", "--no-header"],
      "Cannot combine --header with --no-header: give only one of them",
    ],
    [["a", "-q", "-v"], "Cannot combine --quiet with --verbose: give only one of them"],
  ];
  for (const [args, message] of rows) {
    assert.throws(() => parseArguments(SPEC, args), new UsageError(message), args.join(" "));
  }
});

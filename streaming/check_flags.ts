import type { streamSpec } from "../cli/commands/stream_spec.ts";
import { isSameFile, type ParsedFlags, type ParsedPositionals, UsageError } from "../cli/mod.ts";
import type { MethodSchema } from "../schema/mod.ts";
import { guessByName } from "../tabular/mod.ts";
import { hasCsvFlags } from "./is_json_input.ts";
import { parseThreshold, type Threshold } from "./thresholds.ts";

/** The parsed flags of `broker stream`. */
export type StreamFlags = ParsedFlags<typeof streamSpec.flags>;
/** The arguments of `broker stream`. */
export type StreamPositionals = ParsedPositionals<typeof streamSpec.positionals>;

/** What the checks look at. */
export interface StreamCommandLine {
  readonly flags: StreamFlags;
  readonly positionals: StreamPositionals;
  readonly given: ReadonlySet<string>;
}

/** Pairs of values, beside the spec's pairs of flags, that go against each other. */
const CLASHES: readonly {
  readonly applies: (line: StreamCommandLine) => boolean;
  readonly sentence: string;
}[] = [
  {
    applies: ({ flags, positionals }) => flags.follow && positionals.input === "-",
    sentence: "Cannot combine --follow with - for stdin: a pipe is read to its end in any case",
  },
  {
    applies: ({ flags, positionals }) =>
      hasCsvFlags(flags) && guessByName(positionals.input) === "json",
    sentence: "Cannot use --header, --no-header, --delimiter or --decimal , with JSON lines: " +
      "each names its values, and numbers have a point",
  },
  {
    applies: ({ flags, positionals }) => flags.loop && positionals.input === "-",
    sentence: "Cannot combine --loop with - for stdin: only a file can be read again",
  },
  {
    applies: ({ flags, positionals }) =>
      flags.checkpointPath !== undefined && positionals.input === "-",
    sentence: "Cannot combine --checkpoint with - for stdin: only a file can be read again",
  },
  {
    applies: ({ flags }) =>
      flags.checkpointPath !== undefined &&
      (flags.outputPath === undefined || flags.outputPath === "-"),
    sentence: "Cannot use --checkpoint without -o: it goes on with the file of answers",
  },
  {
    applies: ({ flags }) => flags.checkpointPath !== undefined && flags.format === "table",
    sentence: "Cannot combine --checkpoint with -O table: a table cannot go on; use csv or jsonl",
  },
  {
    applies: ({ flags, given }) => given.has("speed") && flags.replayColumn === undefined,
    sentence: "Cannot use --speed without --replay: it says how fast to replay",
  },
  {
    applies: ({ flags, given }) =>
      given.has("onBadRow") && flags.onBadRow === "stop" &&
      flags.maxErrors !== undefined,
    sentence: "Cannot combine --on-bad-row stop with --max-errors: the first bad row is the end",
  },
  {
    applies: ({ flags, given }) =>
      given.has("onBadRow") && flags.onBadRow === "stop" &&
      flags.rejectsPath !== undefined,
    sentence: "Cannot combine --on-bad-row stop with --rejects: no row is left out",
  },
  {
    applies: ({ flags: { rejectsPath, outputPath = "-" } }) =>
      rejectsPath === "-" && outputPath === "-",
    sentence: "Cannot use --rejects - without -o: rejected rows would stand between the answers",
  },
];

/** What no single flag's own check can see; before anything is read or sent. @throws UsageError */
export async function checkFlags(line: StreamCommandLine): Promise<void> {
  const { flags } = line;
  const { delimiter } = flags;
  if (delimiter !== undefined && !/^(?:\\t|[^"\r\n])$/.test(delimiter)) {
    throw new UsageError(
      `Cannot use --delimiter ${
        JSON.stringify(delimiter)
      }: it takes one character, or \\t for a tab`,
    );
  }
  if (flags.ratePerSecond !== undefined && flags.ratePerSecond <= 0) {
    throw new UsageError(`Cannot use --rate ${flags.ratePerSecond}: want a number above 0`);
  }
  if (flags.speed <= 0) {
    throw new UsageError(`Cannot use --speed ${flags.speed}: want a number above 0`);
  }
  const clash = CLASHES.find(({ applies }) => applies(line));
  if (clash !== undefined) throw new UsageError(clash.sentence);
  readThresholds(flags.failIf);
  await checkFiles(line);
}

/** No file may be read and written, or written twice. */
async function checkFiles({ flags, positionals }: StreamCommandLine): Promise<void> {
  const { outputPath, rejectsPath, checkpointPath } = flags;
  const inputPath = positionals.input === "-" ? "/dev/stdin" : positionals.input;
  const written = [
    { what: "the answers", path: outputPath },
    { what: "the rejected rows", path: rejectsPath },
    { what: "the checkpoint", path: checkpointPath },
  ];
  const taken = [{ what: "the input", path: inputPath }];
  for (const { what, path } of written) {
    if (path === undefined || path === "-") continue;
    for (const other of taken) {
      if (path === other.path || await isSameFile(path, other.path)) {
        const verb = other.what === "the answers" ? "is where the answers go" : `is ${other.what}`;
        throw new UsageError(`Cannot write ${what} to "${path}": it ${verb}`);
      }
    }
    taken.push({ what, path });
  }
}

/** @throws UsageError for one that cannot be read */
export function readThresholds(texts: readonly string[]): Threshold[] {
  return texts.map((text) => {
    const threshold = parseThreshold(text);
    if (threshold !== undefined) return threshold;
    throw new UsageError(
      `Cannot use --fail-if "${text}": want p50, p95, p99 or max with a time (p99>50ms), ` +
        `rate (rate<1000) or errors (errors>0, errors>1%)`,
    );
  });
}

/** Flags that one kind of method has no use for. @throws UsageError that names the flag and the method */
export function checkKind({ flags, given }: StreamCommandLine, method: MethodSchema): void {
  const name = `${method.service}/${method.name}`;
  const { kind } = method;
  const isPerCall = kind === "unary" || kind === "server_streaming";
  if (flags.join && kind === "client_streaming") {
    throw new UsageError(`Cannot --join rows with answers: ${name} gives one for all rows`);
  }
  if (flags.idField !== undefined && (isPerCall || kind === "client_streaming")) {
    const why = isPerCall ? "each row has a call of its own" : "there is one answer for all rows";
    throw new UsageError(`Cannot use --id-field with ${name}: ${why}`);
  }
  if (kind !== "client_streaming") return;
  const useless = ([
    ["retry", flags.retry > 0, "--retry"],
    ["checkpointPath", true, "--checkpoint"],
    ["connections", flags.connections > 1, "--connections"],
  ] as const).find(([key, applies]) => given.has(key) && applies);
  if (useless === undefined) return;
  throw new UsageError(
    `Cannot use ${useless[2]} with ${name}: it gives one answer for all rows, in one call`,
  );
}

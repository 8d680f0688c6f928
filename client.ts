import { streamSpec } from "./cli/commands/stream_spec.ts";
import {
  type CommandContext,
  CommandError,
  createCommand,
  ExitCode,
  exitCodeOfStatus,
  knownError,
  openInput,
  openOutput,
  UsageError,
} from "./cli/mod.ts";
import {
  Channel,
  decodeBase64,
  Metadata,
  parseTarget,
  RpcError,
  Status,
  statusName,
  type Target,
} from "./rpc/mod.ts";
import {
  builtinSchema,
  defaultStreamingMethod,
  findMethod,
  loadSchema,
  type MethodSchema,
  SchemaError,
} from "./schema/mod.ts";
import { formatSummary, type RowCall, streamRows, type StreamSummary } from "./streaming/mod.ts";
import {
  type ColumnPlan,
  createAnswerWriter,
  createRowMapper,
  describePlan,
  listJoinColumns,
  planColumns,
  readRows,
  type Rows,
  TabularError,
} from "./tabular/mod.ts";

type StreamContext = CommandContext<typeof streamSpec.flags, typeof streamSpec.positionals>;

/** How long the server may go on answering after Ctrl-C, in ms. */
const DRAIN_MS = 5000;

/** `broker stream`: the rows of a CSV file through a streaming method. */
export const streamCommand = createCommand(streamSpec, stream, {
  knownErrors: [
    knownError(RpcError, (error) => exitCodeOfStatus(error.code)),
    knownError(SchemaError),
    knownError(TabularError),
  ],
});

async function stream(context: StreamContext): Promise<number> {
  const { flags, positionals } = context;
  checkFlags(context);
  const metadata = parseMetadata(flags.metadata);
  const method = await chooseMethod(context);
  const rows = await openRows(context, method);
  try {
    const plan = planColumns({
      header: rows.header,
      columnCount: rows.columnCount,
      headerLine: rows.firstLine,
      message: method.request,
      map: flags.mappings,
      source: sourceName(positionals.input),
    });
    if (flags.check) return await printPlan(context, plan, rows);
    using channel = openChannel(context);
    await connect(channel);
    const summary = await run(context, { channel, metadata, method, plan, rows });
    return report(context, summary);
  } finally {
    await rows.close();
  }
}

/** What a run is made of. */
interface Run {
  readonly channel: Channel;
  readonly metadata: Metadata;
  readonly method: MethodSchema;
  readonly plan: ColumnPlan;
  readonly rows: Rows;
}

async function run(context: StreamContext, parts: Run): Promise<StreamSummary> {
  const { flags, io, talk } = context;
  const { method, plan } = parts;
  const isSingleAnswer = method.kind === "client_streaming";
  const output = await openOutput(flags.outputPath, io);
  const { sink } = output;
  const writer = createAnswerWriter(
    flags.format ?? (sink.isTerminal ? "table" : "jsonl"),
    method.response,
    flags.join && !isSingleAnswer ? { join: listJoinColumns(plan) } : {},
  );
  const call = parts.channel.call(method.definition, {
    metadata: parts.metadata,
    timeoutMs: flags.maxTimeMs,
  });
  try {
    const summary = await streamRows(call as RowCall, parts.rows.batches, {
      mapper: createRowMapper(plan, { nullText: flags.nullText }),
      maxInFlight: flags.maxInFlight,
      isSingleAnswer,
      onBadRow: flags.onBadRow,
      onSkip: (error) => talk.say(`skipped: ${error.message}`, "yellow"),
      onAnswers: (answers, records) => sink.write(writer.write(answers, records)),
      stop: io.interrupted,
      drainMs: DRAIN_MS,
    });
    sink.write(writer.finish());
    return summary;
  } finally {
    await output.close();
  }
}

/** Says how it ended and decides the exit code; the worst outcome wins. */
function report({ talk, io }: StreamContext, summary: StreamSummary): number {
  const { status, inputError, sent, answered, rejected, surplus } = summary;
  const unanswered = sent - answered;
  if (surplus > 0) {
    talk.say(`The server sent ${surplus} more answers than it was sent rows`, "yellow");
  }
  for (const line of formatSummary(summary)) talk.say(line);
  if (io.interrupted.aborted) return ExitCode.INTERRUPTED;
  if (status.code !== Status.OK) {
    const left = unanswered > 0 ? `; ${unanswered} rows were sent and not answered` : "";
    const text = status.message === "" ? "" : `: ${status.message}`;
    throw new RpcError(status.code, `The call ended with ${statusName(status.code)}${text}${left}`);
  }
  if (inputError !== undefined) throw inputError;
  if (unanswered > 0) {
    talk.fail(`The server ended the call and left ${unanswered} of ${sent} rows unanswered`);
    return ExitCode.INCOMPLETE;
  }
  return rejected > 0 ? ExitCode.INCOMPLETE : ExitCode.DONE;
}

async function chooseMethod({ flags }: StreamContext): Promise<MethodSchema> {
  const schema = flags.protoPath === undefined
    ? await builtinSchema()
    : await loadSchema([flags.protoPath], { importPaths: flags.importPaths });
  const method = flags.method === undefined
    ? defaultStreamingMethod(schema)
    : findMethod(schema, flags.method);
  if (!method.definition.requestStream) {
    throw new CommandError(
      `Cannot stream rows to ${method.service}/${method.name}: it takes one message a call; ` +
        `choose a method that takes a stream with --method`,
    );
  }
  return method;
}

async function openRows(context: StreamContext, method: MethodSchema): Promise<Rows> {
  const { flags, positionals, io } = context;
  return await readRows(await openInput(positionals.input, io), {
    source: sourceName(positionals.input),
    delimiter: flags.delimiter === "\\t" ? "\t" : flags.delimiter,
    header: flags.header ? true : flags.noHeader ? false : "auto",
    message: method.request,
    map: flags.mappings,
  });
}

function sourceName(input: string): string {
  return input === "-" ? "stdin" : input;
}

/** Prints which column becomes which field, with the first row as the example. */
async function printPlan({ io }: StreamContext, plan: ColumnPlan, rows: Rows): Promise<number> {
  for await (const [example] of rows.batches) {
    io.stdout.write(describePlan(plan, example));
    return ExitCode.DONE;
  }
  io.stdout.write(describePlan(plan));
  return ExitCode.DONE;
}

function openChannel({ flags, positionals }: StreamContext): Channel {
  return new Channel(positionals.target, {
    authority: flags.authority,
    connectTimeoutMs: flags.connectTimeoutMs,
    maxMessageOctets: flags.maxMessageOctets,
  });
}

/** Finds out whether the server is there before anything is sent or an output file is emptied. */
async function connect(channel: Channel): Promise<void> {
  try {
    await channel.connect();
  } catch (cause) {
    if (!(cause instanceof RpcError)) throw cause;
    const reason = cause.message.replace(/ \(os error \d+\)/, "");
    throw new CommandError(`${reason}; is the server running there?`, { cause });
  }
}

/** What no single flag's own check can see; before any I/O. */
function checkFlags({ flags, positionals }: StreamContext): void {
  const { delimiter, outputPath } = flags;
  if (delimiter !== undefined && delimiter !== "\\t" && [...delimiter].length !== 1) {
    throw new UsageError(`Cannot use --delimiter "${delimiter}": it takes one character, or \\t`);
  }
  if (outputPath !== undefined && outputPath === positionals.input) {
    throw new UsageError(`Cannot write the answers to "${outputPath}": it is the input`);
  }
  checkTarget(positionals.target);
}

function checkTarget(text: string): void {
  let target: Target;
  try {
    target = parseTarget(text);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (target.tls) {
    throw new UsageError(`Cannot connect to "${text}": this version has no TLS; use http://`);
  }
}

/** Reads `-H 'name: value'`; the value of a name that ends in `-bin` is base64. */
function parseMetadata(lines: readonly string[]): Metadata {
  const metadata = new Metadata();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    const octets = name.toLowerCase().endsWith("-bin") ? decodeBase64(value) : value;
    if (colon < 1 || octets === undefined) {
      const wanted = colon < 1 ? "name: value" : "name-bin: base64";
      throw new UsageError(`Cannot use -H "${line}": it is not of the form "${wanted}"`);
    }
    try {
      metadata.add(name, octets);
    } catch (cause) {
      throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }
  return metadata;
}

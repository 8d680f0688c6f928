import { channelTls, explainConnectFailure, readClientTls } from "./certificates/mod.ts";
import { streamSpec } from "./cli/commands/stream_spec.ts";
import {
  type CommandContext,
  CommandError,
  createCommand,
  ExitCode,
  exitCodeOfStatus,
  type InputFile,
  isSameFile,
  knownError,
  openInput,
  openOutput,
  UsageError,
} from "./cli/mod.ts";
import {
  Channel,
  type ClientTls,
  decodeBase64,
  Metadata,
  parseTarget,
  RpcError,
  Status,
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
import {
  callFailure,
  describeShortfall,
  formatSummary,
  type RowCall,
  streamRows,
  type StreamSummary,
} from "./streaming/mod.ts";
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

/** Fields that gRPC sets itself (PROTOCOL-HTTP2, "Requests"); they are never sent as metadata. */
const RESERVED_METADATA = /^(?:grpc-.*|te|content-type|content-length|user-agent|host)$/i;

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
  const target = await checkFlags(context);
  const tls = await readClientTls(flags, target);
  const metadata = parseMetadata(flags.metadata);
  const method = await chooseMethod(context);
  const input = await openInput(positionals.input, context.io);
  try {
    const rows = await readInput(context, input, method);
    const plan = planColumns({
      header: rows.header,
      columnCount: rows.columnCount,
      headerLine: rows.firstLine,
      message: method.request,
      map: flags.mappings,
      source: sourceName(positionals.input),
    });
    if (flags.check) return await printPlan(context, plan, rows);
    using channel = openChannel(context, tls);
    await connect(context, channel, target);
    const summary = await run(context, { channel, metadata, method, plan, rows });
    return report(context, summary);
  } finally {
    await input.close();
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
    flags.format ?? formatOf(flags.outputPath) ?? (sink.isTerminal ? "table" : "jsonl"),
    method.response,
    flags.join ? { join: listJoinColumns(plan) } : {},
  );
  const call = parts.channel.call(method.definition, {
    metadata: parts.metadata,
    timeoutMs: flags.maxTimeMs,
  });
  const onInterrupt = () =>
    talk.say(`Interrupted: the server has ${DRAIN_MS / 1000} s to answer what it was sent`);
  io.interrupted.addEventListener("abort", onInterrupt, { once: true });
  try {
    const summary = await streamRows(call as RowCall, parts.rows.batches, {
      mapper: createRowMapper(plan, { nullText: flags.nullText }),
      maxInFlight: flags.maxInFlight,
      isSingleAnswer,
      onBadRow: flags.onBadRow,
      onSkip: (error) => talk.say(`skipped: ${error.message}`, "yellow"),
      onAnswers: (answers, records) => sink.write(writer.write(answers, records)),
      onStall: (unanswered) =>
        talk.say(
          `No answer for 5 s, and ${unanswered} rows wait for theirs: ` +
            `a server that does not answer every row needs a larger --max-in-flight`,
          "yellow",
        ),
      stop: io.interrupted,
      drainMs: DRAIN_MS,
    });
    await sink.write(writer.finish());
    return summary;
  } finally {
    await output.close();
  }
}

/** Says how it ended and decides the exit code; the worst outcome wins, the others are said as well. */
function report({ positionals, talk, io }: StreamContext, summary: StreamSummary): number {
  const { status, inputError, rejected, surplus } = summary;
  for (const line of formatSummary(summary)) talk.say(line);
  if (surplus > 0) {
    talk.fail(
      `The server sent ${surplus} more answers than rows: which answer belongs to which row is not known`,
    );
  }
  const isInterrupted = io.interrupted.aborted;
  if (inputError !== undefined && (isInterrupted || status.code !== Status.OK)) {
    talk.fail(inputError instanceof Error ? inputError.message : String(inputError));
  }
  if (isInterrupted) return ExitCode.INTERRUPTED;
  if (status.code !== Status.OK) throw callFailure(summary);
  if (inputError !== undefined) throw inputError;
  const source = sourceName(positionals.input);
  const shortfall = describeShortfall(summary, source);
  if (summary.read === 0 && shortfall === undefined) {
    throw new CommandError(`Cannot stream "${source}": it has a header but no rows`);
  }
  if (shortfall !== undefined) talk.fail(shortfall);
  const isWhole = shortfall === undefined && rejected === 0 && surplus === 0;
  return isWhole ? ExitCode.DONE : ExitCode.INCOMPLETE;
}

/** The format that the name of an output file asks for. */
function formatOf(path: string | undefined): "csv" | "jsonl" | undefined {
  if (path?.endsWith(".csv")) return "csv";
  return path?.endsWith(".jsonl") || path?.endsWith(".ndjson") ? "jsonl" : undefined;
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
  if (flags.join && !method.definition.responseStream) {
    throw new UsageError(
      `Cannot --join rows with answers: ${method.service}/${method.name} gives one for all rows`,
    );
  }
  return method;
}

function readInput(
  { flags, positionals }: StreamContext,
  input: InputFile,
  method: MethodSchema,
): Promise<Rows> {
  return readRows(input.chunks, {
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

/** Prints which column becomes which field, with the first row as the example; a row that does not fit is an error. */
async function printPlan(context: StreamContext, plan: ColumnPlan, rows: Rows): Promise<number> {
  const { io, flags } = context;
  for await (const [example] of rows.batches) {
    io.stdout.write(describePlan(plan, example));
    createRowMapper(plan, { nullText: flags.nullText }).toMessage(example);
    return ExitCode.DONE;
  }
  io.stdout.write(describePlan(plan));
  return ExitCode.DONE;
}

function openChannel({ flags, positionals }: StreamContext, tls: ClientTls | undefined): Channel {
  return new Channel(positionals.target, {
    ...channelTls(tls),
    authority: flags.authority,
    connectTimeoutMs: flags.connectTimeoutMs,
    maxMessageOctets: flags.maxMessageOctets,
  });
}

/** Finds out whether the server is there before anything is sent or an output file is emptied. */
async function connect(
  { flags }: StreamContext,
  channel: Channel,
  target: Target,
): Promise<void> {
  try {
    await channel.connect();
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    throw new CommandError(explainConnectFailure(error, { target, flags }), { cause: error });
  }
}

/** What no single flag's own check can see; before anything is read or sent. */
async function checkFlags({ flags, positionals }: StreamContext): Promise<Target> {
  const { delimiter, outputPath } = flags;
  if (delimiter !== undefined && !/^(?:\\t|[^"\r\n])$/.test(delimiter)) {
    throw new UsageError(
      `Cannot use --delimiter ${
        JSON.stringify(delimiter)
      }: it takes one character, or \\t for a tab`,
    );
  }
  if (flags.authority !== undefined && !/^[\x21-\x7e]+$/.test(flags.authority)) {
    throw new UsageError(`Cannot use --authority "${flags.authority}": it is not printable ASCII`);
  }
  const inputPath = positionals.input === "-" ? "/dev/stdin" : positionals.input;
  if (outputPath !== undefined && await isSameFile(outputPath, inputPath)) {
    throw new UsageError(`Cannot write the answers to "${outputPath}": it is the input`);
  }
  return readTarget(positionals.target);
}

function readTarget(text: string): Target {
  try {
    return parseTarget(text);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Reads `-H 'name: value'`; the value of a name that ends in `-bin` is base64. */
function parseMetadata(lines: readonly string[]): Metadata {
  const metadata = new Metadata();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (RESERVED_METADATA.test(name)) {
      throw new UsageError(`Cannot use -H "${line}": "${name}" belongs to the protocol`);
    }
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

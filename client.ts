import { TARGET } from "./cli/commands/connection_flags.ts";
import { streamSpec } from "./cli/commands/stream_spec.ts";
import {
  type CommandContext,
  CommandError,
  createCommand,
  ExitCode,
  exitCodeOfStatus,
  knownError,
  openFilesFolder,
} from "./cli/mod.ts";
import { type Connection, openConnection, readServerSchema } from "./connecting/mod.ts";
import { untilAborted } from "./rpc/abortable.ts";
import { type Channel, RpcError } from "./rpc/mod.ts";
import {
  builtinSchema,
  defaultStreamingMethod,
  findMethod,
  type MethodSchema,
  NoReflectionError,
  type Schema,
  SchemaError,
} from "./schema/mod.ts";
import {
  checkFlags,
  checkKind,
  connectPatiently,
  createEncodedRows,
  createPacer,
  createWrittenDefinition,
  endFinished,
  explainTaken,
  findResumePoint,
  LiveTalk,
  readIdField,
  reportRun,
  type ResumePoint,
  type RowCall,
  RowRun,
  sourceName,
  StreamInput,
  StreamOutput,
  type StreamSummary,
  tryPatiently,
} from "./streaming/mod.ts";
import {
  checkFilled,
  checkRows,
  type ColumnPlan,
  type ColumnPlanOptions,
  createJsonMapper,
  createRowGrouper,
  createRowMapper,
  describePlan,
  type PlainRows,
  planColumns,
  type RowGrouperOptions,
  TabularError,
} from "./tabular/mod.ts";

type StreamContext = CommandContext<typeof streamSpec.flags, typeof streamSpec.positionals>;

/** How long the server may go on answering after Ctrl-C, in ms. */
const DRAIN_MS = 5000;
/** Rows in flight where each has a call of its own: what most servers take on a connection. */
const CALLS_IN_FLIGHT = 100;
const ROWS_IN_FLIGHT = 4096;
/** The run itself waits between attempts; its channels are not to wait as well. */
const NO_BACKOFF = { initialMs: 0, factor: 1, jitter: 0, maxMs: 0 };

/** `broker stream`: the rows of a CSV file or JSON lines through a method of any kind. */
export const streamCommand = createCommand(streamSpec, stream, {
  knownErrors: [
    knownError(RpcError, (error) => exitCodeOfStatus(error.code)),
    knownError(SchemaError),
    knownError(TabularError),
  ],
});

async function stream(context: StreamContext): Promise<number> {
  const { flags, positionals, io, talk } = context;
  await checkFlags(context);
  const isPatient = flags.retry > 0;
  using connection = await openConnection(
    flags,
    positionals.target,
    isPatient ? { backoff: NO_BACKOFF, talk } : { talk },
  );
  await using input = await StreamInput.open({
    path: positionals.input,
    flags,
    io,
    onNote: (sentence) => talk.say(sentence, "yellow"),
  });
  if (isPatient && !flags.check) await connectPatiently(connection, context);
  // For a plan alone nothing is waited for: without a server, it is made for the built-in schema.
  const patience = flags.check ? { ...context, flags: { retry: 0 } } : context;
  const schema = await tryPatiently(() => readSchema(context, connection), patience);
  const method = chooseMethod(context, schema);
  const resume = await findStart(context, method);
  const rows = await input.readFirst(method.request);
  const plan = planFor(schema, input, {
    header: rows.header,
    columnCount: rows.columnCount,
    headerLine: rows.firstLine,
    areKeys: input.isJson,
    message: method.request,
    map: flags.mappings,
    defaults: flags.defaults,
    groupBy: flags.groupBy,
    decimal: flags.decimal === "," ? "," : ".",
    source: sourceName(positionals.input),
  });
  const mapping = await mapperOptions(context);
  if (flags.check) return await printPlan(context, plan, rows, mapping);
  if (resume?.isFinished) {
    const { isJson } = input;
    await rows.close();
    return endFinished({ ...context, method, plan, isJson, start: resume.start });
  }
  // Finds out whether the server is there before an output file is emptied.
  await connectPatiently(connection, context);
  const schemaSource = schema.source;
  return await run(context, {
    connection,
    input,
    schemaSource,
    method,
    plan,
    rows,
    mapping,
    resume,
  });
}

function planFor(schema: Schema, input: StreamInput, options: ColumnPlanOptions): ColumnPlan {
  try {
    const plan = planColumns(options);
    if (input.hasAllColumns) checkFilled(plan);
    return plan;
  } catch (error) {
    throw explainTaken(schema.source, error);
  }
}

/** What a run is made of. */
interface Run {
  readonly connection: Connection;
  readonly input: StreamInput;
  /** Where the contract comes from. */
  readonly schemaSource: string;
  readonly method: MethodSchema;
  readonly plan: ColumnPlan;
  readonly rows: PlainRows;
  readonly mapping: RowGrouperOptions;
  readonly resume: ResumePoint | undefined;
}

async function run(context: StreamContext, parts: Run): Promise<number> {
  const { flags, io, talk } = context;
  const { method, plan, resume } = parts;
  const channels = openChannels(parts.connection, flags.connections);
  const start = resume?.start;
  const output = await StreamOutput.open({
    flags,
    io,
    method,
    plan,
    isJson: parts.input.isJson,
    start,
  });
  const live = new LiveTalk(io, talk, { isQuiet: output.isTerminal });
  const onInterrupt = () =>
    live.say(`Interrupted: the server has ${DRAIN_MS / 1000} s to answer what it was sent`);
  io.interrupted.addEventListener("abort", onInterrupt, { once: true });
  if (resume?.isResumed) live.say(`Going on after row ${resume.start.rows}`);
  try {
    const summary = await sendRows(context, { parts, channels, output, live });
    await output.finish();
    const isFinished = summary.inputEnded && summary.firstUnansweredLine === undefined &&
      summary.inputError === undefined;
    const checkpoint = await output.finishCheckpoint(isFinished);
    const { schemaSource } = parts;
    return reportRun(context, { summary, schemaSource, spec: streamSpec, checkpoint });
  } finally {
    live.stop();
    io.interrupted.removeEventListener("abort", onInterrupt);
    await output.close();
    // The first one is the connection's own.
    for (const channel of channels.slice(1)) channel.close();
  }
}

/** What sending needs beside the run. */
interface Sending {
  readonly parts: Run;
  readonly channels: readonly Channel[];
  readonly output: StreamOutput;
  readonly live: LiveTalk;
}

async function sendRows(
  context: StreamContext,
  { parts, channels, output, live }: Sending,
): Promise<StreamSummary> {
  const { flags, io } = context;
  const { input, method, plan, rows, mapping, resume } = parts;
  const isPerCall = !method.definition.requestStream;
  const skips = flags.rejectsPath !== undefined || flags.maxErrors !== undefined;
  const pacer = createPacer(context, plan);
  const ids = flags.idField;
  const takesLines = pacer === undefined && ids === undefined && method.definition.requestStream;
  const encodedRows = takesLines ? createEncodedRows(plan, rows.delimiter, mapping) : undefined;
  const rowRun: RowRun = new RowRun({
    kind: method.kind,
    path: method.path,
    openCalls: channels.map((channel) => createOpenCall(context, parts, { channel, output })),
    mapper: (input.isJson ? createJsonMapper : createRowMapper)(plan, mapping),
    encodedRows,
    grouper: plan.groupBy === undefined ? undefined : createRowGrouper(plan, mapping),
    maxInFlight: flags.maxInFlight ?? (isPerCall ? CALLS_IN_FLIGHT : ROWS_IN_FLIGHT),
    wantsRows: flags.join,
    onBadRow: flags.onBadRow ?? (skips ? "skip" : "stop"),
    maxErrors: flags.maxErrors,
    onOutcome: (outcome) => {
      if (flags.rejectsPath === undefined) {
        for (const { message } of outcome.rejections) live.say(`skipped: ${message}`, "yellow");
      }
      return output.write(outcome);
    },
    ids: ids === undefined ? undefined : readIdField(ids, method.request, method.response),
    retry: {
      limit: flags.retry,
      onRetry: ({ status, waitMs, attempt }) =>
        live.say(
          `Trying again in ${(waitMs / 1000).toFixed(1)} s (${attempt} of ${flags.retry}): ` +
            status.message,
          "yellow",
        ),
    },
    pacer,
    onStall: (unanswered) =>
      live.say(
        `No answer for 5 s, and ${unanswered} rows wait for theirs: ` +
          `a server that does not answer every row needs a larger --max-in-flight`,
        "yellow",
      ),
    stop: io.interrupted,
    drainMs: DRAIN_MS,
  });
  live.start(() => rowRun.counts, () => input.share);
  const skip = resume?.start.rows ?? 0;
  const batches = input.batches(rows, {
    skip,
    takesLines: encodedRows !== undefined,
    onPass: () => pacer?.nextPass(),
  });
  const summary = await rowRun.run(batches);
  live.stop();
  return summary;
}

/** One call more for each connection; together they end at `--max-time`, or each one does where every row has its own. */
function createOpenCall(
  { flags }: StreamContext,
  { connection, method }: Run,
  { channel, output }: { readonly channel: Channel; readonly output: StreamOutput },
): () => RowCall {
  const startedMs = performance.now();
  const { maxTimeMs } = flags;
  const isPerCall = !method.definition.requestStream;
  const isWritten = method.kind === "bidirectional" && output.format === "csv" && !flags.join &&
    flags.idField === undefined;
  return () => {
    const passedMs = isPerCall ? 0 : performance.now() - startedMs;
    const timeoutMs = maxTimeMs === undefined ? undefined : Math.max(1, maxTimeMs - passedMs);
    const { metadata } = connection;
    const definition = isWritten
      ? createWrittenDefinition(method.definition, method.response)
      : method.definition;
    return channel.call(definition, { metadata, timeoutMs }) as RowCall;
  };
}

function openChannels(connection: Connection, count: number): Channel[] {
  const others = Array.from({ length: count - 1 }, () => connection.createChannel());
  return [connection.channel, ...others];
}

/** What the server speaks; where it does not say, it is taken for a databroker. */
async function readSchema(context: StreamContext, connection: Connection): Promise<Schema> {
  const { flags, positionals, talk } = context;
  try {
    return await readServerSchema(flags, connection);
  } catch (error) {
    const isSilent = error instanceof CommandError && error.cause instanceof NoReflectionError;
    const isAway = error instanceof CommandError && error.cause instanceof RpcError;
    const isNamed = positionals.target !== TARGET.default;
    if (!isSilent && !(isAway && flags.check && !isNamed)) throw error;
    if (isAway) {
      talk.say(
        `${error.message}; without a server the plan is for the built-in databroker: ` +
          `name your .proto with --proto`,
        "yellow",
      );
    }
    return await builtinSchema();
  }
}

function chooseMethod(context: StreamContext, schema: Schema): MethodSchema {
  const { flags } = context;
  try {
    const method = flags.method === undefined
      ? defaultStreamingMethod(schema)
      : findMethod(schema, flags.method);
    checkKind(context, method);
    return method;
  } catch (error) {
    throw explainTaken(schema.source, error);
  }
}

async function findStart(
  { flags, positionals }: StreamContext,
  method: MethodSchema,
): Promise<ResumePoint | undefined> {
  const { checkpointPath, outputPath, rejectsPath, check } = flags;
  if (checkpointPath === undefined || outputPath === undefined || check) return undefined;
  const { path } = method;
  const inputPath = positionals.input;
  return await findResumePoint({
    checkpointPath,
    inputPath,
    method: path,
    outputPath,
    rejectsPath,
  });
}

async function mapperOptions({ flags }: StreamContext): Promise<RowGrouperOptions> {
  const { nullTexts, onMissing, maxGroupRows, filesFolder } = flags;
  const readFile = filesFolder === undefined ? undefined : await openFilesFolder(filesFolder);
  return { nullTexts, onMissing, ...given({ maxGroupRows, readFile }) };
}

/** Leaves out what is undefined. */
function given<Values extends object>(values: Values): Partial<Values> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<Values>;
}

/** Prints which column becomes which field, with the first good row as the example; a row that does not fit is an error. */
async function printPlan(
  { io, talk }: StreamContext,
  plan: ColumnPlan,
  rows: PlainRows,
  mapping: RowGrouperOptions,
): Promise<number> {
  const found = await untilAborted(checkRows(rows.batches, plan, mapping), io.interrupted);
  io.stdout.write(describePlan(plan, found.example, mapping));
  if (found.failure !== undefined) throw found.failure;
  const { rowCount } = found;
  if (rowCount === 1) talk.say("The first row fits");
  else if (rowCount > 1) talk.say(`The first ${rowCount} rows fit`);
  return ExitCode.DONE;
}

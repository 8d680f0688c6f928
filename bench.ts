import { benchSpec } from "./cli/commands/bench_spec.ts";
import {
  type CommandContext,
  createCommand,
  ExitCode,
  exitCodeOfStatus,
  knownError,
  UsageError,
} from "./cli/mod.ts";
import { type CallMethod, findCallMethod, openRequests, TypeBook } from "./calling/mod.ts";
import { type Connection, openConnection, tokenHint } from "./connecting/mod.ts";
import { readContract } from "./inspecting/mod.ts";
import { stringifyJson } from "./json/mod.ts";
import {
  createLoadReport,
  encodePayloads,
  formatReport,
  judgeThresholds,
  type LoadOutcome,
  type LoadPlan,
  rawMethod,
  readThresholds,
  runLoad,
  SYSTEM_LOAD_CLOCK,
} from "./loading/mod.ts";
import { type Channel, RpcError } from "./rpc/mod.ts";
import { SchemaError } from "./schema/mod.ts";

type BenchContext = CommandContext<typeof benchSpec.flags, typeof benchSpec.positionals>;

const DEFAULT_DURATION_MS = 10_000;
const DEFAULT_STREAMS = 50;
const DEFAULT_MESSAGES_PER_CALL = 100;
/** More names than this would hide what an error says. */
const MAX_LISTED_METHODS = 10;
/** How long calls may go on after the last one has started. */
const DRAIN_MS = 5000;
/** A load of which nothing was seen for this long is told of. */
const STALL_MS = 5000;

/** `broker bench`: a method under load. */
export const benchCommand = createCommand(benchSpec, bench, {
  knownErrors: [
    knownError(RpcError, (error) => exitCodeOfStatus(error.code)),
    knownError(SchemaError),
  ],
});

async function bench(context: BenchContext): Promise<number> {
  const { flags, positionals, io, talk } = context;
  readThresholds(flags.failIf);
  if (flags.method !== undefined && positionals.method !== undefined) {
    throw new UsageError(
      `Cannot combine --method with the argument "${positionals.method}": give only one of them`,
    );
  }
  const wanted = flags.method ?? positionals.method;
  using connection = await openConnection(flags, positionals.target, { talk });
  const requests = await openRequests(flags.data, io);
  try {
    const contract = await readContract(flags, () => Promise.resolve(connection), wanted);
    const book = new TypeBook(contract);
    const method = findCallMethod(contract, book, wanted ?? onlyMethod(book));
    const payloads = await encodePayloads(requests, method, book);
    await connection.connect();
    using channels = await openChannels(connection, flags.connections);
    const plan = createPlan(context, { connection, channels: channels.list, method, payloads });
    return await measure(context, plan, { target: connection.target.text, method });
  } finally {
    await requests.close();
  }
}

async function measure(
  { flags, io, talk }: BenchContext,
  plan: LoadPlan,
  { target, method }: { readonly target: string; readonly method: CallMethod },
): Promise<number> {
  if (flags.warmupMs > 0 && !plan.stop.aborted) {
    await runLoad({ ...plan, count: Infinity, durationMs: flags.warmupMs });
  }
  const outcome = await runLoad(plan);
  const name = `${method.service}/${method.name}`;
  const report = createLoadReport({ target, method: name }, plan, outcome);
  io.stdout.write(
    flags.format === "json" ? `${stringifyJson(report, 2)}\n` : formatReport(report),
  );
  const failures = judgeThresholds(readThresholds(flags.failIf), report);
  for (const failure of failures) talk.fail(failure);
  const hint = outcome.statuses.map(({ code }) => tokenHint(code, plan.metadata)).join("");
  if (hint !== "") talk.say(`Calls ended with UNAUTHENTICATED${hint}`, "yellow");
  return exitCodeOf(outcome, failures.length > 0);
}

/** The connection's own channel and more like it; all are connected before the first call. */
async function openChannels(connection: Connection, count: number) {
  const others = Array.from({ length: count - 1 }, () => connection.createChannel());
  const close = () => others.forEach((channel) => channel.close());
  try {
    await Promise.all(others.map((channel) => channel.connect()));
  } catch (error) {
    close();
    throw error;
  }
  return { list: [connection.channel, ...others], [Symbol.dispose]: close };
}

/** The name of the only method. @throws UsageError if there is none or more than one */
function onlyMethod({ types }: TypeBook): string {
  const services = [...types].filter((type) => type.kind === "service")
    // Services of gRPC itself (health, reflection) stand beside a server's own.
    .filter(({ typeName }) => !typeName.startsWith("grpc."));
  const names = services.flatMap(({ typeName, methods }) =>
    methods.map(({ name }) => `${typeName}/${name}`)
  );
  const [only, second] = names;
  if (only !== undefined && second === undefined) return only;
  throw new UsageError(
    `Cannot choose among ${names.length} methods: name one with --method` +
      (names.length > 0 ? `, such as ${names.slice(0, MAX_LISTED_METHODS).join(", ")}` : ""),
  );
}

interface Parts {
  readonly connection: Connection;
  readonly channels: readonly Channel[];
  readonly method: CallMethod;
  readonly payloads: readonly Uint8Array[];
}

function createPlan({ flags, io, talk }: BenchContext, parts: Parts): LoadPlan {
  const { requestStream, responseStream } = parts.method;
  return {
    method: rawMethod(parts.method),
    channels: parts.channels,
    streams: flags.streams ?? (requestStream ? 1 : DEFAULT_STREAMS),
    payloads: parts.payloads,
    metadata: parts.connection.metadata,
    timeoutMs: flags.maxTimeMs,
    count: flags.count ?? Infinity,
    durationMs: flags.durationMs ?? (flags.count === undefined ? DEFAULT_DURATION_MS : Infinity),
    perSecond: flags.perSecond,
    messagesPerCall: flags.messagesPerCall ??
      (responseStream ? Infinity : DEFAULT_MESSAGES_PER_CALL),
    maxInFlight: flags.maxInFlight,
    drainMs: DRAIN_MS,
    stop: io.interrupted,
    clock: SYSTEM_LOAD_CLOCK,
    stallMs: STALL_MS,
    onStall: () => talk.say(describeStall(parts.method), "yellow"),
  };
}

function describeStall({ requestStream, responseStream }: CallMethod): string {
  const silence = `Nothing was sent and nothing came for ${STALL_MS / 1000} s`;
  return requestStream && responseStream
    ? `${silence}: a server that does not answer every message needs a larger --max-in-flight`
    : `${silence}: --max-time ends calls that take too long`;
}

/** The worst outcome wins. */
function exitCodeOf(outcome: LoadOutcome, hasFailedThreshold: boolean): number {
  const { isInterrupted, calls, unanswered, statuses } = outcome;
  if (isInterrupted) return ExitCode.INTERRUPTED;
  if (calls.ok === 0 && calls.failed > 0) {
    const [worst] = statuses.toSorted((left, right) => right.count - left.count);
    return exitCodeOfStatus(worst.code);
  }
  if (hasFailedThreshold) return ExitCode.THRESHOLD;
  const isWhole = calls.failed === 0 && calls.cutOff === 0 && unanswered === 0;
  return isWhole ? ExitCode.DONE : ExitCode.INCOMPLETE;
}

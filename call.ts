import { callSpec } from "./cli/commands/call_spec.ts";
import { TARGET } from "./cli/commands/connection_flags.ts";
import {
  type CommandContext,
  createCommand,
  ExitCode,
  exitCodeOfStatus,
  knownError,
  type Talk,
  UsageError,
} from "./cli/mod.ts";
import {
  type Connection,
  hasSchemaFiles,
  hintOfEnd,
  openConnection,
  tokenHint,
} from "./connecting/mod.ts";
import {
  type CallMethod,
  type CallResult,
  describeStatus,
  findCallMethod,
  formatDetails,
  openRequests,
  type RequestSource,
  runCall,
  TypeBook,
} from "./calling/mod.ts";
import { askServer, readContract, splitArguments } from "./inspecting/mod.ts";
import { formatJson } from "./json/mod.ts";
import { encodeBase64, type Metadata, RpcError, Status, statusName } from "./rpc/mod.ts";
import { SchemaError } from "./schema/mod.ts";

type CallContext = CommandContext<typeof callSpec.flags, typeof callSpec.positionals>;

/** `broker call`: messages in JSON to a method of any kind, and its answers. */
export const callCommand = createCommand(callSpec, call, {
  knownErrors: [
    knownError(RpcError, (error) => exitCodeOfStatus(error.code)),
    knownError(SchemaError),
  ],
});

async function call(context: CallContext): Promise<number> {
  const { flags, positionals, io, talk } = context;
  checkMessages(positionals);
  const { target, name } = splitArguments(positionals.target, positionals.method);
  if (name === undefined) {
    throw new UsageError(
      'Argument <method> is missing: name one as in "broker call localhost:8061 pkg.Service/Method"',
    );
  }
  using connection = await openConnection(flags, target ?? TARGET.default, { talk });
  const requests = await openRequests(flags.data, io);
  try {
    const contract = await readContract(flags, () => Promise.resolve(connection), name);
    const book = new TypeBook(
      contract,
      hasSchemaFiles(flags) ? undefined : (type) => readType({ connection, talk }, type),
    );
    const method = findCallMethod(contract, book, name);
    // With --proto or --protoset, this is the first time that the server is needed.
    await connection.connect();
    return await run(context, { connection, method, book, requests });
  } finally {
    await requests.close();
  }
}

/** A message among the arguments would be taken for a target or a method. @throws UsageError */
function checkMessages({ target, method }: CallContext["positionals"]): void {
  const message = [target, method].find((text) => text !== undefined && /^\s*[{["@]/.test(text));
  if (message === undefined) return;
  throw new UsageError(`Cannot use the argument ${message}: messages are given with -d`);
}

/** The files that define a type, as the server knows them; none if it does not, or cannot say: the call goes on. */
async function readType(
  { connection, talk }: { readonly connection: Connection; readonly talk: Talk },
  typeName: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  try {
    return await askServer(connection, async (session) => {
      if (await session.findSymbol(typeName)) await session.readRest();
      return session.ordered();
    });
  } catch (error) {
    talk.detail(`Cannot read ${typeName}: ${error instanceof Error ? error.message : error}`);
    return new Map();
  }
}

/** What a call is made with. */
interface Parts {
  readonly connection: Connection;
  readonly method: CallMethod;
  readonly book: TypeBook;
  readonly requests: RequestSource;
}

async function run(context: CallContext, parts: Parts): Promise<number> {
  const { flags, io, talk } = context;
  const { connection: { channel, metadata, target }, method, book } = parts;
  const isIndented = flags.format === undefined
    ? !method.responseStream && io.stdout.isTerminal
    : flags.format === "json";
  talk.detail(`${method.path} at ${target.text}`);
  printMetadata(talk, ">", metadata);
  const result = await runCall({
    ...parts,
    channel,
    metadata,
    timeoutMs: flags.maxTimeMs,
    emitDefaults: flags.emitDefaults,
    maxResponses: flags.maxResponses,
    signal: io.interrupted,
    onHeaders: (headers) => printMetadata(talk, "<", headers),
    onAnswer: (answer) => io.stdout.write(`${formatJson(answer, { isIndented })}\n`),
  });
  await io.stdout.flush();
  reportDetails(talk, result);
  if (io.interrupted.aborted) return ExitCode.INTERRUPTED;
  if (result.failure !== undefined) throw result.failure;
  if (result.isCut || result.status.code === Status.OK) return ExitCode.DONE;
  const hint = tokenHint(result.status.code, metadata) + hintOfEnd(result.status, target);
  talk.fail(describeStatus(method, result.status) + hint);
  for (const line of await formatDetails(result.status.details, book.types)) {
    talk.print(`  details: ${line}`);
  }
  return exitCodeOfStatus(result.status.code);
}

/** Trailers, status and timing, for those who want them. */
function reportDetails(talk: Talk, result: CallResult): void {
  const { status, sent, received, firstAnswerMs, durationMs } = result;
  printMetadata(talk, "<", status.trailers);
  talk.detail(`status ${statusName(status.code)}`);
  const first = firstAnswerMs === undefined
    ? ""
    : `the first after ${firstAnswerMs.toFixed(1)} ms, `;
  talk.detail(
    `${sent} sent, ${received} received, ${first}${durationMs.toFixed(1)} ms in all`,
  );
}

/** A line for each value; a secret is not for everyone who looks at the screen. */
function printMetadata(talk: Talk, mark: string, metadata: Metadata): void {
  for (const [key, value] of metadata) {
    const text = typeof value === "string" ? value : encodeBase64(value, { padded: true });
    const isSecret = mark === ">" && key === "authorization";
    talk.detail(`${mark} ${key}: ${isSecret ? "(not shown)" : text}`);
  }
}

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { openTlsListener, readServerTls } from "./certificates/mod.ts";
import { serveSpec } from "./cli/commands/serve_spec.ts";
import {
  type CommandContext,
  CommandError,
  createCommand,
  escapeControls,
  ExitCode,
  formatStack,
  knownError,
  type Talk,
  UsageError,
} from "./cli/mod.ts";
import type { TokenFile } from "./interceptors/token_file.ts";
import {
  type Address,
  type CallRecord,
  formatAddress,
  RpcServer,
  type ServerInterceptor,
  type ServerTls,
  statusName,
} from "./rpc/mod.ts";
import { builtinSchema, loadSchema, type Schema, SchemaError } from "./schema/mod.ts";
import {
  checkAnswers,
  createStandardServices,
  databrokerHandlers,
  findHandlers,
  findInterceptors,
  HandlersError,
} from "./services/mod.ts";

type HandlersModule = Readonly<Record<string, unknown>>;
type ServeContext = CommandContext<typeof serveSpec.flags, typeof serveSpec.positionals>;

/** How often a client without a call may PING unless a flag says, in ms (gRPC proposal A8). */
const IDLE_PING_INTERVAL_MS = 7_200_000;
/** PINGs sent too early that are forgiven (gRPC proposal A8). */
const MAX_PING_STRIKES = 2;

/** `broker serve`: a `.proto` with the user's handlers, or the built-in databroker. */
export const serveCommand = createCommand(serveSpec, serve, {
  knownErrors: [knownError(SchemaError), knownError(HandlersError)],
});

async function serve(context: ServeContext): Promise<number> {
  const { flags, positionals, given, io, talk } = context;
  if (positionals.proto !== undefined && flags.handlersPath === undefined) {
    throw new UsageError(
      `Cannot serve "${positionals.proto}" without handlers: name their module with --handlers`,
    );
  }
  if (flags.host.startsWith("unix:") && given.has("port")) {
    throw new UsageError("Cannot combine --host unix:… with --port: a Unix socket has no port");
  }
  if (flags.host.startsWith("unix:") && flags.tlsCertPath !== undefined) {
    throw new UsageError("Cannot combine --host unix:… with --tls-cert: TLS is for TCP only");
  }
  const tls = await readServerTls(flags);
  // Read early: from here on a signal ends the server in order.
  const { interrupted } = io;
  const schema = positionals.proto === undefined
    ? await builtinSchema()
    : await loadSchema([positionals.proto], { importPaths: flags.importPaths });
  const stopGuard = guardHandlers(context);
  let tokenFile: TokenFile | undefined;
  try {
    const module = await loadHandlers(context);
    tokenFile = await openTokens(context, tls);
    const server = createServer(context, [
      ...(tokenFile === undefined ? [] : [tokenFile.interceptor]),
      ...findInterceptors(module, schema.services),
    ]);
    mount(context, server, { schema, module });
    const standard = createStandardServices(schema, { reflection: !flags.noReflection });
    for (const { definition, handlers } of standard.services) {
      server.addService(definition, handlers);
    }
    const address = await open(context, server, tls);
    const services = schema.services.map((service) => service.fullName).join(", ");
    const line = `Listening on ${formatAddress(address)}: ${services}`;
    // A port that was picked is said even with --quiet: nobody could find it otherwise.
    if (flags.port === 0) talk.print(line);
    else talk.say(line);
    await aborted(interrupted);
    talk.say(`Stopping: calls have ${flags.graceMs / 1000} s to finish`);
    standard.stop();
    await server.shutdown({ graceMs: flags.graceMs });
  } catch (error) {
    throw error instanceof HandlersError ? explainMisfit(error, context) : error;
  } finally {
    tokenFile?.close();
    stopGuard();
  }
  return ExitCode.DONE;
}

/** Who forgot the `.proto` reads of services that they have never heard of. */
function explainMisfit(error: HandlersError, { positionals }: ServeContext): HandlersError {
  if (positionals.proto !== undefined) return error;
  const hint = "; no .proto was named, so that of the built-in databroker is served";
  return new HandlersError(error.message + hint, { cause: error });
}

function createServer(
  { flags, globals, given, io, talk }: ServeContext,
  interceptors: readonly ServerInterceptor[],
): RpcServer {
  // --quiet silences the log of calls unless it was asked for by name.
  const log = globals.quiet && !given.has("log") ? "off" : flags.log;
  return new RpcServer({
    maxMessageOctets: flags.maxMessageOctets,
    maxStreams: flags.maxStreams,
    maxConnections: flags.maxConnections,
    keepAlive: {
      timeMs: zeroIsNever(flags.keepaliveTimeMs),
      timeoutMs: flags.keepaliveTimeoutMs,
      withoutStreams: true,
    },
    pings: {
      minIntervalMs: flags.minPingIntervalMs,
      minIdleIntervalMs: given.has("minPingIntervalMs")
        ? flags.minPingIntervalMs
        : IDLE_PING_INTERVAL_MS,
      maxStrikes: MAX_PING_STRIKES,
    },
    maxIdleMs: zeroIsNever(flags.maxConnectionIdleMs),
    maxAgeMs: zeroIsNever(flags.maxConnectionAgeMs),
    maxAgeGraceMs: zeroIsNever(flags.maxConnectionAgeGraceMs),
    limits: {
      maxHeaderListOctets: flags.maxHeaderOctets,
      handshakeTimeoutMs: zeroIsNever(flags.handshakeTimeoutMs),
    },
    interceptors,
    onCall: (record) => {
      if (log !== "off") io.stderr.write(`${formatCall(record, log)}\n`);
    },
    onHandlerError: (error, path) => {
      talk.fail(`The handler of ${path} failed: ${describe(error)}`);
      printStack(talk, error);
    },
  });
}

/** The tokens that calls must carry; undefined where they need none. @throws CommandError */
async function openTokens(
  context: ServeContext,
  tls: ServerTls | undefined,
): Promise<TokenFile | undefined> {
  const { flags, talk } = context;
  if (flags.tokenPath === undefined) return undefined;
  // Loads node:crypto, which nobody is to wait for who needs no tokens.
  const { openTokenFile } = await import("./interceptors/token_file.ts");
  const tokenFile = await openTokenFile(flags.tokenPath, context);
  const isLocal = /^(unix:|localhost$|127\.|::1$|\[::1\]$)/.test(flags.host);
  if (tls === undefined && !isLocal) {
    talk.say(
      `Tokens that clients send to ${flags.host} can be read on their way: ` +
        "use --tls-cert and --tls-key, or --host 127.0.0.1",
      "yellow",
    );
  }
  return tokenFile;
}

/** What the module of the handlers exports, or what stands for it. @throws CommandError */
function loadHandlers({ flags }: ServeContext): Promise<HandlersModule> {
  return flags.handlersPath === undefined
    ? Promise.resolve({ handlers: databrokerHandlers })
    : loadModule(flags.handlersPath);
}

/** Joins each service with its handlers. @throws HandlersError */
function mount(
  context: ServeContext,
  server: RpcServer,
  { schema, module }: { readonly schema: Schema; readonly module: HandlersModule },
): void {
  for (const service of schema.services) {
    const { handlers, missing } = findHandlers(module, service, schema.services);
    const warn = (sentence: string) => context.talk.say(sentence, "yellow");
    server.addService(checkAnswers(service, warn), handlers);
    for (const name of missing) {
      context.talk.say(`${service.fullName}/${name} has no handler: it answers UNIMPLEMENTED`);
    }
  }
}

async function loadModule(path: string): Promise<HandlersModule> {
  const fail = (reason: string, cause?: unknown) =>
    new CommandError(`Cannot load the handlers "${path}": ${reason}`, { cause });
  const file = await Deno.stat(path).catch((cause) => {
    throw fail(
      cause instanceof Deno.errors.NotFound ? "there is no such file" : describe(cause),
      cause,
    );
  });
  if (!file.isFile) throw fail("it is no file");
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    throw fail(explainLoadFailure(cause), cause);
  }
}

/** The first line of an error, and the place where Deno found it: between them it prints the source in colour. */
function explainLoadFailure(error: unknown): string {
  // deno-lint-ignore no-control-regex -- colours begin with one
  const text = describe(error).replace(/\u001b\[\d*m/g, "");
  const [first = ""] = text.split("\n");
  const place = /^ *at (\S+:\d+:\d+)$/m.exec(text)?.[1];
  return first.replace(/^SyntaxError: /, "").replace(/\.$/, "") +
    (place === undefined ? "" : ` at ${place}`);
}

function chooseAddress(flags: ServeContext["flags"]): Address {
  if (flags.host.startsWith("unix:")) return { kind: "unix", path: flags.host.slice(5) };
  return { kind: "tcp", hostname: flags.host, port: flags.port };
}

async function open(
  context: ServeContext,
  server: RpcServer,
  tls: ServerTls | undefined,
): Promise<Address> {
  const address = chooseAddress(context.flags);
  try {
    if (tls === undefined) return server.listen(address);
    return server.listenOn(await openTlsListener(address, tls, context));
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    const where = formatAddress(address);
    throw new CommandError(`Cannot listen on ${where}: ${explainListenFailure(cause, address)}`, {
      cause,
    });
  }
}

function explainListenFailure(error: unknown, address: Address): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return address.kind === "unix"
      ? "it is in use; stop the other program, or remove the file if none is left"
      : "it is in use; stop the other program or choose another port with --port";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return address.kind === "unix"
      ? "permission denied"
      : "permission denied; choose a port above 1023 with --port";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have that address; choose another with --host";
  }
  if (error instanceof Deno.errors.NotFound) return "its folder does not exist";
  const reason = describe(error).replace(/ \(os error \d+\)/, "");
  return reason.includes("failed to lookup") ? "there is no host of that name" : reason;
}

/** Keeps the server up when code of a handlers module fails outside of any call. */
function guardHandlers({ talk }: ServeContext): () => void {
  const tell = (event: Event, error: unknown) => {
    event.preventDefault();
    talk.fail(`An error outside of any call was not caught: ${describe(error)}`);
    printStack(talk, error);
  };
  const onRejection = (event: PromiseRejectionEvent) => tell(event, event.reason);
  const onError = (event: ErrorEvent) => tell(event, event.error);
  globalThis.addEventListener("unhandledrejection", onRejection);
  globalThis.addEventListener("error", onError);
  return () => {
    globalThis.removeEventListener("unhandledrejection", onRejection);
    globalThis.removeEventListener("error", onError);
  };
}

function printStack(talk: Talk, error: unknown): void {
  if (talk.isVerbose && error instanceof Error) talk.print(formatStack(error));
}

/** One line for a finished call: when, what, who, how, messages in and out, how long. */
function formatCall(record: CallRecord, format: "text" | "json"): string {
  const { path, peer, received, sent } = record;
  const time = new Date().toISOString();
  const status = statusName(record.code);
  const durationMs = Math.round(record.durationMs * 1000) / 1000;
  const message = record.message === "" ? undefined : record.message;
  if (format === "json") {
    // JSON leaves DEL and C1 as they are.
    return escapeControls(
      JSON.stringify({ time, path, peer, status, message, received, sent, durationMs }),
    );
  }
  // A client wrote the path, and what a handler says may repeat what one sent.
  const where = escapeControls(path).replaceAll(" ", "\\u0020");
  const reason = message === undefined ? "" : ` (${escapeControls(message)})`;
  return `${time} ${where} ${peer} ${status}${reason} in=${received} out=${sent} ${durationMs}ms`;
}

function zeroIsNever(durationMs: number): number {
  return durationMs === 0 ? Infinity : durationMs;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function describe(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === "string" ? error : Deno.inspect(error);
}

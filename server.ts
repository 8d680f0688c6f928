import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { serveSpec } from "./cli/commands/serve_spec.ts";
import {
  type CommandContext,
  CommandError,
  createCommand,
  ExitCode,
  knownError,
  UsageError,
} from "./cli/mod.ts";
import { type Address, type CallRecord, formatAddress, RpcServer, statusName } from "./rpc/mod.ts";
import { builtinSchema, loadSchema, type Schema, SchemaError } from "./schema/mod.ts";
import { databrokerHandlers, findHandlers, HandlersError } from "./services/mod.ts";

type ServeContext = CommandContext<typeof serveSpec.flags, typeof serveSpec.positionals>;

/** How long a client may take to answer a keepalive PING, in ms (gRPC proposal A9). */
const KEEPALIVE_TIMEOUT_MS = 20_000;

/** `broker serve`: a `.proto` with the user's handlers, or the built-in databroker. */
export const serveCommand = createCommand(serveSpec, serve, {
  knownErrors: [knownError(SchemaError), knownError(HandlersError)],
});

async function serve(context: ServeContext): Promise<number> {
  const { flags, positionals, io, talk } = context;
  if (positionals.proto !== undefined && flags.handlersPath === undefined) {
    throw new UsageError(
      `Cannot serve "${positionals.proto}" without handlers: name their module with --handlers`,
    );
  }
  const { interrupted } = io;
  const schema = positionals.proto === undefined
    ? await builtinSchema()
    : await loadSchema([positionals.proto], { importPaths: flags.importPaths });
  const server = createServer(context);
  await mount(context, server, schema);
  const stopGuard = guardHandlers(context);
  try {
    const address = open(server, chooseAddress(flags));
    const services = schema.services.map((service) => service.fullName).join(", ");
    const line = `Listening on ${formatAddress(address)}: ${services}`;
    // A port that was picked is said even with --quiet: nobody could find it otherwise.
    if (flags.port === 0) talk.print(line);
    else talk.say(line);
    await aborted(interrupted);
    talk.say(`Stopping: calls have ${flags.graceMs / 1000} s to finish`);
    await server.shutdown({ graceMs: flags.graceMs });
  } finally {
    stopGuard();
  }
  return ExitCode.DONE;
}

function createServer({ flags, io, talk }: ServeContext): RpcServer {
  return new RpcServer({
    maxMessageOctets: flags.maxMessageOctets,
    maxStreams: flags.maxStreams,
    maxConnections: flags.maxConnections,
    keepAlive: {
      timeMs: zeroIsNever(flags.keepaliveTimeMs),
      timeoutMs: KEEPALIVE_TIMEOUT_MS,
      withoutStreams: true,
    },
    maxIdleMs: zeroIsNever(flags.maxConnectionIdleMs),
    onCall: (record) => {
      if (flags.log !== "off") io.stderr.write(`${formatCall(record, flags.log)}\n`);
    },
    onHandlerError: (error, path) => {
      talk.fail(`The handler of ${path} failed: ${describe(error)}`);
      if (talk.isVerbose && error instanceof Error && error.stack) talk.print(error.stack);
    },
  });
}

/** Joins each service with its handlers. @throws HandlersError, CommandError */
async function mount(context: ServeContext, server: RpcServer, schema: Schema): Promise<void> {
  const { handlersPath } = context.flags;
  const module = handlersPath === undefined
    ? { handlers: databrokerHandlers }
    : await loadModule(handlersPath);
  for (const service of schema.services) {
    const { handlers, missing } = findHandlers(module, service);
    server.addService(service.definition, handlers);
    for (const name of missing) {
      context.talk.say(`${service.fullName}/${name} has no handler: it answers UNIMPLEMENTED`);
    }
  }
}

async function loadModule(path: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    throw new CommandError(`Cannot load the handlers "${path}": ${describe(cause)}`, { cause });
  }
}

function chooseAddress(flags: ServeContext["flags"]): Address {
  if (flags.host.startsWith("unix:")) return { kind: "unix", path: flags.host.slice(5) };
  return { kind: "tcp", hostname: flags.host, port: flags.port };
}

function open(server: RpcServer, address: Address): Address {
  try {
    return server.listen(address);
  } catch (cause) {
    const where = formatAddress(address);
    throw new CommandError(`Cannot listen on ${where}: ${explainListenFailure(cause)}`, { cause });
  }
}

function explainListenFailure(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return "it is in use; stop the other program or choose another port with --port";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "permission denied; choose a port above 1023 with --port";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have that address; choose another with --host";
  }
  return describe(error);
}

/** Keeps the server up when code of a handlers module fails outside of any call. */
function guardHandlers({ talk }: ServeContext): () => void {
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    talk.fail(`A handler left an error uncaught: ${describe(event.reason)}`);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  return () => globalThis.removeEventListener("unhandledrejection", onRejection);
}

/** One line for a finished call: when, what, who, how, messages in and out, how long. */
function formatCall(record: CallRecord, format: "text" | "json"): string {
  const { path, peer, received, sent } = record;
  const time = new Date().toISOString();
  const status = statusName(record.code);
  const durationMs = Math.round(record.durationMs * 1000) / 1000;
  const message = record.message === "" ? undefined : record.message;
  if (format === "json") {
    return JSON.stringify({ time, path, peer, status, message, received, sent, durationMs });
  }
  const reason = message === undefined ? "" : ` (${message})`;
  return `${time} ${path} ${peer} ${status}${reason} in=${received} out=${sent} ${durationMs}ms`;
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
  return error instanceof Error ? error.message : String(error);
}

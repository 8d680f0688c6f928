import { readServerTls } from "./certificates/mod.ts";
import { serveSpec } from "./cli/commands/serve_spec.ts";
import { createCommand, ExitCode, UsageError } from "./cli/mod.ts";
import { checkPageFlags } from "./dashboard/check_page_flags.ts";
import type { ServedPage } from "./dashboard/serve_page.ts";
import { formatAddress } from "./rpc/mod.ts";
import {
  countWorkers,
  guardHandlers,
  KNOWN_ERRORS,
  readSchema,
  serveAlone,
  type ServeContext,
  type Serving,
  type ServingParts,
} from "./serving/mod.ts";

/** `broker serve`: a `.proto` with the user's handlers, or the built-in databroker. */
export const serveCommand = createCommand(
  serveSpec,
  (context) => serve({ ...context, common: context.talk }),
  { knownErrors: KNOWN_ERRORS },
);

async function serve(context: ServeContext): Promise<number> {
  checkFlags(context);
  const workers = countWorkers(context.flags);
  const tls = await readServerTls(context.flags);
  // Read early: from here on a signal ends the server in order.
  const { interrupted } = context.io;
  const parts = { schema: await readSchema(context), tls };
  const stopGuard = guardHandlers(context.talk);
  let serving: Serving | undefined;
  let page: ServedPage | undefined;
  try {
    serving = await unlessInterrupted(interrupted, start(context, parts, workers));
    if (serving === undefined) {
      context.talk.say("Stopping: it was not listening yet");
      return ExitCode.DONE;
    }
    await checkPage(context);
    sayListening(context, parts, serving);
    page = await openPage(context, parts, serving);
    await Promise.race([aborted(interrupted), serving.failed]);
    context.talk.say(`Stopping: calls have ${context.flags.graceMs / 1000} s to finish`);
    page?.stopping();
    await serving.stop(context.flags.graceMs);
  } finally {
    await page?.close();
    await serving?.close();
    stopGuard();
  }
  return ExitCode.DONE;
}

/** @throws UsageError, before anything is read */
function checkFlags({ flags, positionals, given }: ServeContext): void {
  if (positionals.proto !== undefined && flags.handlersPath === undefined) {
    throw new UsageError(
      `Cannot serve "${positionals.proto}" without handlers: name their module with --handlers`,
    );
  }
  checkPageFlags(given);
  if (flags.host.startsWith("unix:") && given.has("port")) {
    throw new UsageError("Cannot combine --host unix:… with --port: a Unix socket has no port");
  }
  if (flags.host.startsWith("unix:") && flags.tlsCertPath !== undefined) {
    throw new UsageError("Cannot combine --host unix:… with --tls-cert: TLS is for TCP only");
  }
}

async function start(
  context: ServeContext,
  parts: ServingParts,
  workers: number,
): Promise<Serving> {
  if (workers === 1) return await serveAlone(context, parts);
  const { serveWithWorkers } = await import("./serving/serve_with_workers.ts");
  return await serveWithWorkers(context, workers);
}

/** What has started; undefined if a signal came first, as modules of handlers may load for as long as they like. */
async function unlessInterrupted(
  interrupted: AbortSignal,
  starting: Promise<Serving>,
): Promise<Serving | undefined> {
  const started = await Promise.race([starting, aborted(interrupted)]);
  if (started !== undefined) return started;
  starting.then(async (late) => {
    await late.stop(0);
    await late.close();
  }).catch(() => {});
  return undefined;
}

function sayListening(
  { flags, talk }: ServeContext,
  { schema }: ServingParts,
  { address, workers }: Serving,
): void {
  const services = schema.services.map(({ fullName }) => fullName).join(", ");
  const threads = workers === 1 ? "" : ` (${workers} workers)`;
  const line = `Listening on ${formatAddress(address)}: ${services}${threads}`;
  // A port that was picked is said even with --quiet: nobody could find it otherwise.
  if (flags.port === 0) talk.print(line);
  else talk.say(line);
}

/** @throws CommandError if the page cannot be where the user wants it */
async function checkPage({ flags, given }: ServeContext): Promise<void> {
  if (!given.has("webPort") && !given.has("webHost")) return;
  const { checkPagePort } = await import("./dashboard/check_page_port.ts");
  checkPagePort(flags);
}

/** After the server, which nobody waits for longer because of its page. */
async function openPage(
  { flags, given, talk }: ServeContext,
  { schema, tls }: ServingParts,
  { page: source, address, workers }: Serving,
): Promise<ServedPage | undefined> {
  if (flags.noWeb || source === undefined) return undefined;
  const { servePage } = await import("./dashboard/serve_page.ts");
  const hasTls = tls !== undefined;
  return await servePage({ flags, given, talk, source, schema, hasTls, address, workers });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

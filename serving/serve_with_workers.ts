import type { TokenFile } from "../interceptors/token_file.ts";
import { bareHost } from "../cli/bare_host.ts";
import { type HeldPort, holdPort } from "./hold_port.ts";
import { chooseAddress, listenError } from "./open_listener.ts";
import type { ServeContext } from "./serve_context.ts";
import type { Serving } from "./serving.ts";
import type { WorkerStart } from "./worker_messages.ts";
import { WorkerPool } from "./worker_pool.ts";

/** Variables that decide whether sentences are coloured. */
const TALK_VARIABLES = ["NO_COLOR", "TERM"];

/**
 * Serves in worker threads, each with a server and a listener of its own on the port of the flags.
 *
 * @throws CommandError if the port is in use; what kept a worker from starting
 */
export async function serveWithWorkers(context: ServeContext, count: number): Promise<Serving> {
  const { flags, io, talk } = context;
  const { port } = flags;
  const hostname = bareHost(flags.host);
  const held = await holdPort({ hostname, port }).catch((cause) => {
    throw listenError(chooseAddress(flags), cause);
  });
  let tokenFile: TokenFile | undefined;
  try {
    tokenFile = await openPageTokens(context);
    const takesToken = tokenFile && ((token: string) => tokenFile?.has(token) ?? false);
    const start = startOf(context, count, held);
    const pool = await WorkerPool.start({ count, start, io, talk });
    const stopWatching = hasReloads(context) ? io.onHangup(() => pool.hangUp()) : undefined;
    return {
      address: { kind: "tcp", hostname, port: held.port },
      workers: count,
      page: {
        openWatch: async () => {
          const { WorkersWatch } = await import("../dashboard/workers_watch.ts");
          return new WorkersWatch(pool);
        },
        takesToken,
        takesCalls: () => pool.workers.some(({ worker }) => worker.isListening),
      },
      failed: pool.failed,
      stop: (graceMs) => pool.stop(graceMs),
      close() {
        stopWatching?.();
        tokenFile?.close();
        return pool.close();
      },
    };
  } catch (error) {
    tokenFile?.close();
    throw error;
  } finally {
    held.release();
  }
}

/** The tokens that the page asks for, which this thread serves; the workers have said all that is to say of them. */
async function openPageTokens({ flags, io, talk }: ServeContext): Promise<TokenFile | undefined> {
  if (flags.tokenPath === undefined || flags.noWeb) return undefined;
  const { openTokenFile } = await import("../interceptors/token_file.ts");
  const silent = { ...talk, say: () => undefined, fail: () => undefined };
  return await openTokenFile(flags.tokenPath, { io, talk: silent });
}

/** Whether SIGHUP has something to do: otherwise it ends the process, as it does with one thread. */
function hasReloads({ flags }: ServeContext): boolean {
  return flags.tokenPath !== undefined || flags.tlsCertPath !== undefined;
}

function startOf(context: ServeContext, count: number, { port }: HeldPort): WorkerStart {
  const { flags, positionals, globals, given, io } = context;
  const variables = TALK_VARIABLES.flatMap((name) => {
    const value = io.env(name);
    return value === undefined ? [] : [[name, value]];
  });
  return {
    // The kernel gives each worker about the same share of the connections.
    flags: { ...flags, port, maxConnections: Math.ceil(flags.maxConnections / count) },
    positionals,
    globals,
    given: [...given],
    stderrIsTerminal: io.stderr.isTerminal,
    env: Object.fromEntries(variables),
  };
}

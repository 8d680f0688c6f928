/** The module that each worker thread of `broker serve --workers N` runs; see docs/workers.md. */
import { parentPort, workerData } from "node:worker_threads";
import { readServerTls } from "../certificates/mod.ts";
import { createTalk, describeFailure, formatStack } from "../cli/mod.ts";
import { buildServer, type BuiltServer, readSchema } from "./build_server.ts";
import { guardHandlers } from "./guard_handlers.ts";
import { KNOWN_ERRORS } from "./known_errors.ts";
import { openListener } from "./open_listener.ts";
import type { ServeContext } from "./serve_context.ts";
import { WorkerCounter } from "./worker_counter.ts";
import { WorkerIo } from "./worker_io.ts";
import type { FromWorker, ToWorker, WorkerFailure, WorkerStart } from "./worker_messages.ts";

/** How long the last lines may take to stderr. */
const STDERR_PATIENCE_MS = 1000;

/** What a worker has once it listens. */
interface RunningWorker {
  readonly built: BuiltServer;
  /** Undefined where there is no page. */
  readonly counter: WorkerCounter | undefined;
}

const start: WorkerStart = workerData;
const post = (message: FromWorker) => parentPort?.postMessage(message);

// Modules look for it: it is there in the main thread and in web workers, but not in those of node:worker_threads.
Object.defineProperty(globalThis, "self", { value: globalThis, configurable: true });

const io = new WorkerIo(post, start);
const running = run();
running.catch((error) => post({ kind: "failed", failure: toFailure(error) }));
parentPort?.on("message", onMessage);

async function onMessage(message: ToWorker): Promise<void> {
  // A worker that could not start is ended by the main thread.
  const worker = message.kind === "heard" ? undefined : await running.catch(() => undefined);
  switch (message.kind) {
    case "heard":
      return io.heard();
    case "hangUp":
      return io.hangUp();
    case "count":
      return worker?.counter?.count(message.askId);
    case "watch":
      return worker?.counter?.watch(message.methodPath);
    case "unwatch":
      return worker?.counter?.unwatch(message.methodPath);
    case "stop":
      if (worker !== undefined) await stop(worker, message.graceMs);
  }
}

async function run(): Promise<RunningWorker> {
  const { flags, positionals, globals, given } = start;
  const context: ServeContext = {
    flags,
    positionals,
    globals,
    given: new Set(given),
    io,
    talk: createTalk(io, globals),
    common: createTalk(io.common, globals),
  };
  guardHandlers(context.talk);
  const tls = await readServerTls(flags);
  const schema = await readSchema(context);
  const built = await buildServer(context, { schema, tls });
  const { server } = built;
  server.listenOn(await openListener(context, { tls, reusePort: true }));
  // As they are, they carry functions, which cannot be posted.
  const methods = server.methods.map(({ path, requestStream, responseStream }) => (
    { path, requestStream, responseStream }
  ));
  post({ kind: "ready", methods });
  return { built, counter: flags.noWeb ? undefined : new WorkerCounter(server, post) };
}

async function stop({ built, counter }: RunningWorker, graceMs: number): Promise<void> {
  await built.stop(graceMs);
  built.close();
  await counter?.close();
  const patience = new Promise((resolve) => setTimeout(resolve, STDERR_PATIENCE_MS));
  await Promise.race([io.stderr.flush(), patience]);
  post({ kind: "stopped" });
}

function toFailure(error: unknown): WorkerFailure {
  const { sentence, exitCode, isKnown } = describeFailure(error, KNOWN_ERRORS);
  const name = error instanceof Error ? error.name : "Error";
  const message = error instanceof Error ? error.message : String(sentence);
  return {
    name,
    message,
    stack: formatStack(error),
    exitCode: isKnown ? exitCode : undefined,
  };
}

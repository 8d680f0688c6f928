import { TARGET } from "./cli/commands/connection_flags.ts";
import { healthSpec } from "./cli/commands/health_spec.ts";
import {
  type CommandContext,
  CommandError,
  createCommand,
  ExitCode,
  exitCodeOfStatus,
  knownError,
} from "./cli/mod.ts";
// Not their mod.ts: those load the libraries of protobuf, and a health check is to be quick.
import { openConnection } from "./connecting/open_connection.ts";
import { findStranger, hintOfEnd } from "./connecting/stranger_hint.ts";
import { tokenHint } from "./connecting/token_hint.ts";
import { type Health, healthMethod } from "./inspecting/health_method.ts";
import { splitArguments } from "./inspecting/split_arguments.ts";
import { type Metadata, RpcError, Status, statusName, type Target } from "./rpc/mod.ts";

type HealthContext = CommandContext<typeof healthSpec.flags, typeof healthSpec.positionals>;

/** A server that takes longer than this to say that it is well is not well, in ms. */
const CHECK_TIMEOUT_MS = 10_000;

/** `broker health`: whether a server serves. */
export const healthCommand = createCommand(healthSpec, health, {
  knownErrors: [knownError(RpcError, (error) => exitCodeOfStatus(error.code))],
});

async function health(context: HealthContext): Promise<number> {
  const { flags, positionals, io, talk } = context;
  const { target = TARGET.default, name = "" } = splitArguments(
    positionals.target,
    positionals.service,
  );
  using connection = await openConnection(flags, target, { talk });
  await connection.connect();
  const { channel, metadata } = connection;
  const call = channel.call(healthMethod(flags.watch ? "Watch" : "Check"), {
    metadata,
    timeoutMs: flags.maxTimeMs ?? (flags.watch ? undefined : CHECK_TIMEOUT_MS),
    signal: io.interrupted,
  });
  call.send(name);
  call.end();
  let last: Health | undefined;
  try {
    for await (const status of call.responses) {
      if (status !== last) await io.stdout.write(`${status}\n`);
      last = status;
    }
  } catch (error) {
    if (io.interrupted.aborted) return ExitCode.INTERRUPTED;
    if (!(error instanceof RpcError)) throw error;
    throw explain(error, { target: connection.target, service: name, sent: metadata });
  }
  if (last === undefined) throw new CommandError(`Cannot tell how "${target}" is: it did not say`);
  return last === "SERVING" ? ExitCode.DONE : ExitCode.FAILURE;
}

/** What was asked. */
interface Asked {
  readonly target: Target;
  readonly service: string;
  readonly sent: Metadata;
}

/** Says what a status means for a health check. */
function explain(error: RpcError, { target, service, sent }: Asked): CommandError {
  const { code, message } = error;
  const stranger = findStranger(error);
  const status = stranger ?? `${statusName(code)}${message === "" ? "" : `: ${message}`}`;
  const reason = stranger !== undefined
    ? "its answer is not gRPC"
    : code === Status.UNIMPLEMENTED
    ? "the server has no grpc.health.v1.Health"
    : code === Status.NOT_FOUND && service !== ""
    ? "the server does not know a service of that name"
    : "the call ended";
  const isShort = code === Status.NOT_FOUND && /^\w+$/.test(service);
  const what = service === "" || stranger !== undefined ? target.text : service;
  const hint = isShort
    ? "; write it in full, as broker list prints it"
    : tokenHint(code, sent) + hintOfEnd(error, target);
  return new CommandError(`Cannot check the health of "${what}": ${reason} (${status})${hint}`, {
    exitCode: exitCodeOfStatus(code),
  });
}

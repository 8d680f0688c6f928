import { RpcServer, type ServerInterceptor } from "../rpc/mod.ts";
import { describeError, printStack } from "../cli/describe_error.ts";
import { formatCall } from "./format_call.ts";
import type { ServeContext } from "./serve_context.ts";

/** How often a client without a call may PING unless a flag says, in ms (gRPC proposal A8). */
const IDLE_PING_INTERVAL_MS = 7_200_000;
/** PINGs sent too early that are forgiven (gRPC proposal A8). */
const MAX_PING_STRIKES = 2;

/** A server without services, with the limits of the flags; its calls and what its handlers throw are logged. */
export function createServer(
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
      const hint = talk.isVerbose ? "" : "; --verbose shows where";
      talk.fail(`The handler of ${path} failed: ${describeError(error)}${hint}`);
      printStack(talk, error);
    },
  });
}

function zeroIsNever(durationMs: number): number {
  return durationMs === 0 ? Infinity : durationMs;
}

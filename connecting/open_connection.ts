import { channelTls, explainConnectFailure, readClientTls } from "../certificates/mod.ts";
import type { CONNECTION_FLAGS } from "../cli/commands/connection_flags.ts";
import { CommandError, type ParsedFlags, type Talk, UsageError } from "../cli/mod.ts";
import type { BackoffOptions } from "../rpc/backoff.ts";
import { Channel, type Metadata, parseTarget, RpcError, type Target } from "../rpc/mod.ts";
import { explainStranger } from "./explain_stranger.ts";
import { describeTimeout } from "../rpc/timeout.ts";
import { readMetadata } from "./read_metadata.ts";
import { readToken } from "./read_token.ts";

/** The parsed flags of `CONNECTION_FLAGS`. */
export type ConnectionFlags = ParsedFlags<typeof CONNECTION_FLAGS>;

/** What a command decides itself. */
export interface OpenConnectionOptions {
  /** Waits between attempts to connect. Default: those of a channel. */
  readonly backoff?: BackoffOptions | undefined;
  /** Says that a server keeps us waiting. Default: nobody does. */
  readonly talk?: Talk | undefined;
}

/** Who waits this long, in ms, is told what for. */
const SILENCE_MS = 1000;

/** A way to a server, as the flags ask for it. */
export interface Connection extends Disposable {
  readonly target: Target;
  readonly channel: Channel;
  /** What every call sends: `-H`, and the token. */
  readonly metadata: Metadata;
  /** One more channel to the same server. It is the caller's to close. */
  createChannel(): Channel;
  /**
   * Finds out whether the server is there, before anything is sent.
   *
   * @throws CommandError with the flag that helps.
   */
  connect(): Promise<void>;
}

/**
 * Reads what the flags name and makes the channel; nothing is sent yet.
 *
 * @throws UsageError for flags that contradict each other or cannot be read, CommandError for a file that cannot be used.
 *
 * @example
 * ```ts
 * using connection = await openConnection(flags, positionals.target);
 * await connection.connect();
 * const call = connection.channel.call(method, { metadata: connection.metadata });
 * ```
 */
export async function openConnection(
  flags: ConnectionFlags,
  targetText: string,
  options: OpenConnectionOptions = {},
): Promise<Connection> {
  checkAuthority(flags.authority);
  const target = readTarget(targetText);
  const metadata = readMetadata(flags.metadata);
  const tls = await readClientTls(flags, target);
  if (flags.tokenPath !== undefined) await addToken(metadata, flags.tokenPath);
  const createChannel = () =>
    new Channel(targetText, {
      ...channelTls(tls),
      authority: flags.authority,
      connectTimeoutMs: flags.connectTimeoutMs,
      maxMessageOctets: flags.maxMessageOctets,
      backoff: options.backoff,
    });
  const channel = createChannel();
  return {
    target,
    channel,
    metadata,
    createChannel,
    connect: async () => {
      using _note = noteSilence(target, flags, options.talk);
      try {
        await channel.connect();
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        const stranger = explainStranger(error, target);
        const sentence = stranger === undefined
          ? explainConnectFailure(error, { target, flags })
          : `Cannot connect to ${target.text}: ${stranger}`;
        throw new CommandError(sentence, { cause: error });
      }
    },
    [Symbol.dispose]: () => channel.close(),
  };
}

/** Says after a while that nobody has answered; until it is disposed of. */
function noteSilence(
  { text }: Target,
  { connectTimeoutMs }: ConnectionFlags,
  talk: Talk | undefined,
): Disposable {
  const limit = `up to ${describeTimeout(connectTimeoutMs)} (--connect-timeout)`;
  const say = () => talk?.say(`Waiting for ${text} to answer, ${limit}`, "yellow");
  const isLong = connectTimeoutMs > SILENCE_MS;
  const timer = talk !== undefined && isLong ? setTimeout(say, SILENCE_MS) : undefined;
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Where a target leads. @throws UsageError if it cannot be read */
export function readTarget(text: string): Target {
  try {
    return parseTarget(text);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function checkAuthority(authority: string | undefined): void {
  if (authority === undefined || /^[\x21-\x7e]+$/.test(authority)) return;
  throw new UsageError(`Cannot use --authority "${authority}": it is not printable ASCII`);
}

async function addToken(metadata: Metadata, path: string): Promise<void> {
  if (metadata.get("authorization").length > 0) {
    throw new UsageError(
      "Cannot combine --token-file with -H 'authorization: …': both say who is calling",
    );
  }
  metadata.add("authorization", `Bearer ${await readToken(path)}`);
}

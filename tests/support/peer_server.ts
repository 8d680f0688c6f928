import { type Peer, type PeerTls, tlsArguments } from "./peer.ts";
import { collectText } from "./run_program.ts";
import { withTimeout } from "./with_timeout.ts";

export interface PeerServerOptions {
  /** host:port or unix:/path. Default `127.0.0.1:0`, a free port. */
  readonly address?: string;
  /** Compress every answer; only for a peer with `compressesAnswers`. Default false. */
  readonly gzip?: boolean;
  /** Default: plain text. */
  readonly tls?: PeerTls;
  /** Until the server listens; a Python server generates its stubs first. Default 30000. */
  readonly timeoutMs?: number;
}

/** How long a server that was told to end may take before it is killed. */
const STOP_TIMEOUT_MS = 5_000;

/** A running server of another implementation; `await using` ends it. */
export interface PeerServer extends AsyncDisposable {
  /** What a client connects to: 127.0.0.1:port or unix:/path. */
  readonly target: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  /** Ends it in order; resolves when the process is gone and all it printed was read. */
  stop(): Promise<void>;
  /** Kills it, so that its connections break; resolves as `stop` does. */
  kill(): Promise<void>;
  /** What it has printed on stderr. */
  stderr(): string;
}

/**
 * Starts the peer's server and waits for its `listening` line.
 *
 * @throws An error with what the server printed if it ends or does not listen in time.
 */
export async function startPeerServer(
  peer: Peer,
  options: PeerServerOptions = {},
): Promise<PeerServer> {
  const { address = "127.0.0.1:0", gzip = false, timeoutMs = 30_000 } = options;
  if (gzip && !peer.compressesAnswers) {
    throw new Error(`Cannot start the ${peer.name} server with gzip: it never compresses answers`);
  }
  const child = new Deno.Command(peer.executable, {
    args: [
      peer.serverScript,
      address,
      ...(gzip ? ["--gzip"] : []),
      ...tlsArguments(options.tls),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();

  let stderr = "";
  const listening = Promise.withResolvers<string>();
  const outputs = [
    collectText(child.stdout, (text) => {
      const where = /^listening (\S+)$/m.exec(text)?.[1];
      if (where !== undefined) listening.resolve(where);
    }),
    collectText(child.stderr, (text) => stderr = text),
  ];
  const ended = child.status.then(async ({ code }) => {
    await Promise.all(outputs);
    // Does nothing once it listens.
    listening.reject(new Error(`The ${peer.name} server ended with code ${code}: ${stderr}`));
  });
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  const stop = async () => {
    // Closing a stdin whose process is gone fails; that it is gone is all that was wanted.
    await child.stdin.close().catch(() => {});
    try {
      await withTimeout(ended, STOP_TIMEOUT_MS, `the ${peer.name} server to end`);
    } catch {
      await kill();
    }
  };

  try {
    const where = await withTimeout(
      listening.promise,
      timeoutMs,
      `the ${peer.name} server to listen`,
    );
    const port = where.startsWith("unix:") ? 0 : Number(where);
    return {
      target: port === 0 ? where : `127.0.0.1:${port}`,
      port,
      stop,
      kill: async () => {
        await kill();
        await child.stdin.close().catch(() => {});
      },
      stderr: () => stderr,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

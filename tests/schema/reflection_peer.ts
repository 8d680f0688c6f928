import { repositoryPath } from "../support/paths.ts";
import type { Peer } from "../support/peer.ts";
import { collectText } from "../support/run_program.ts";
import { withTimeout } from "../support/with_timeout.ts";

/** A grpc-js server with @grpc/reflection. */
export interface ReflectionPeer extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly target: string;
}

const TIMEOUT_MS = 30_000;

/**
 * Starts tests/peers/node/reflection_server.mjs.
 *
 * @param args `--v1alpha`, `--without-reflection`, and the `.proto` files
 */
export async function startReflectionPeer(
  node: Peer,
  ...args: readonly string[]
): Promise<ReflectionPeer> {
  const child = new Deno.Command(node.executable, {
    args: [repositoryPath("tests/peers/node/reflection_server.mjs"), ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const listening = Promise.withResolvers<string>();
  let printed = "";
  const outputs = [
    collectText(child.stdout, (text) => {
      const port = /^listening (\d+)$/m.exec(text)?.[1];
      if (port !== undefined) listening.resolve(port);
    }),
    collectText(child.stderr, (text) => printed = text),
  ];
  const ended = child.status.then(async () => {
    await Promise.all(outputs);
    listening.reject(new Error(`The reflection server ended: ${printed}`));
  });
  const stop = async () => {
    await child.stdin.close().catch(() => {});
    await withTimeout(ended, TIMEOUT_MS, "the reflection server to end");
  };
  try {
    const port = await withTimeout(
      listening.promise,
      TIMEOUT_MS,
      "the reflection server to listen",
    );
    return { target: `127.0.0.1:${port}`, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

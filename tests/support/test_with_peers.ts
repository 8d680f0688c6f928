import { isMissing } from "./peer.ts";
import type { Missing } from "./peer.ts";

/** The peers of a test that runs: none is missing. */
export type Present<Peers> = { readonly [Name in keyof Peers]: Exclude<Peers[Name], Missing> };

/**
 * Registers a test that needs other implementations. Where one is missing, the test is ignored: the reason
 * is printed and stands in the test's name.
 *
 * @example
 * ```ts
 * const node = await nodePeer();
 *
 * testWithPeers({ node }, "Our client gets 10,000 answers from grpc-js", async ({ node }) => {
 *   await using server = await startPeerServer(node);
 * });
 * ```
 */
export function testWithPeers<Peers extends Record<string, object>>(
  peers: Peers,
  name: string,
  run: (peers: Present<Peers>, t: Deno.TestContext) => void | Promise<void>,
): void {
  const reasons = Object.values(peers).filter(isMissing).map(({ missing }) => missing);
  if (arePresent(peers)) {
    Deno.test(name, (t) => run(peers, t));
    return;
  }
  const skipped = `${name} (skipped: ${reasons.join("; ")})`;
  console.error(skipped);
  Deno.test({ name: skipped, ignore: true, fn() {} });
}

function arePresent<Peers extends Record<string, object>>(
  peers: Peers | Present<Peers>,
): peers is Present<Peers> {
  return !Object.values(peers).some(isMissing);
}

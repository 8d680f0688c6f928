import type { TokenFile } from "../interceptors/token_file.ts";
import type { ServerTls } from "../rpc/mod.ts";
import type { ServeContext } from "./serve_context.ts";

/** The tokens that calls must carry; undefined where they need none. @throws CommandError */
export async function openTokens(
  context: ServeContext,
  tls: ServerTls | undefined,
): Promise<TokenFile | undefined> {
  const { flags, io, common } = context;
  if (flags.tokenPath === undefined) return undefined;
  // Loads node:crypto, which nobody is to wait for who needs no tokens.
  const { openTokenFile } = await import("../interceptors/token_file.ts");
  const tokenFile = await openTokenFile(flags.tokenPath, { io, talk: common });
  const isLocal = /^(unix:|localhost$|127\.|::1$|\[::1\]$)/.test(flags.host);
  if (tls === undefined && !isLocal) {
    common.say(
      `Tokens that clients send to ${flags.host} can be read on their way: ` +
        "use --tls-cert and --tls-key, or --host 127.0.0.1",
      "yellow",
    );
  }
  return tokenFile;
}

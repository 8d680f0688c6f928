import { CommandError, type Io, readTextFile, type Talk } from "../cli/mod.ts";
import type { ServerInterceptor } from "../rpc/mod.ts";
import { requireToken } from "./require_token.ts";
import { checkToken, TokenSet } from "./token_set.ts";

/** A file of tokens that is read again on each SIGHUP. */
export interface TokenFile {
  /** Takes only calls with one of its tokens; see `requireToken()`. */
  readonly interceptor: ServerInterceptor;
  /** Whether it has a token now. */
  has(token: string): boolean;
  /** Reads it no more. */
  close(): void;
}

/**
 * Opens a file of tokens: one a line; blank lines and those that begin with `#` do not count. Read again on SIGHUP; one
 * that cannot be used then leaves the former tokens in use.
 *
 * @throws CommandError if it cannot be read, has no token, or one that cannot travel
 */
export async function openTokenFile(
  path: string,
  { io, talk }: { readonly io: Io; readonly talk: Talk },
): Promise<TokenFile> {
  const tokens = new TokenSet(await readTokenFile(path));
  if (await isReadableByOthers(path)) {
    talk.say(
      `Others on this machine can read the tokens in "${path}"; chmod 600 keeps them to you`,
      "yellow",
    );
  }
  // One after the other: the tokens are those of the last signal.
  let reloading = Promise.resolve();
  const stopWatching = io.onHangup(() => {
    reloading = reloading.then(() => reload(path, { tokens, talk }));
  });
  return {
    interceptor: requireToken(tokens),
    has: (token) => tokens.has(token),
    close: stopWatching,
  };
}

async function reload(
  path: string,
  { tokens, talk }: { readonly tokens: TokenSet; readonly talk: Talk },
): Promise<void> {
  try {
    tokens.replace(await readTokenFile(path));
    talk.say(`Read the tokens again: those in "${path}" are taken from now on`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    talk.fail(`${reason}; the tokens that were read before stay in use`);
  }
}

async function readTokenFile(path: string): Promise<string[]> {
  return parseTokens(await readTextFile(path), path);
}

/** The tokens of a file's text. @throws CommandError, which names the line and never the token */
export function parseTokens(text: string, path: string): string[] {
  const tokens: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const token = line.trim();
    if (token === "" || token.startsWith("#")) continue;
    try {
      tokens.push(checkToken(token));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.replace(/^.*?: /, "") : String(cause);
      throw new CommandError(
        `Cannot use the token in "${path}" line ${index + 1}: ${reason}`,
        { cause },
      );
    }
  }
  if (tokens.length > 0) return tokens;
  throw new CommandError(`Cannot use the tokens in "${path}": there is none; write one a line`);
}

async function isReadableByOthers(path: string): Promise<boolean> {
  const { mode } = await Deno.stat(path);
  // Null on Windows.
  return mode !== null && (mode & 0o044) !== 0;
}

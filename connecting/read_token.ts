import { CommandError, readTextFile } from "../cli/mod.ts";

/**
 * Reads a bearer token: the only line of a file that is not blank and not a `#` comment.
 *
 * The message never repeats the token.
 *
 * @throws CommandError if the file cannot be read, or holds no token, more than one, or what no header can carry.
 */
export async function readToken(path: string): Promise<string> {
  const text = await readTextFile(path);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const tokens = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const fail = (reason: string) => new CommandError(`Cannot use --token-file "${path}": ${reason}`);
  const [token] = tokens;
  if (token === undefined) throw fail("it holds no token; write one on a line of its own");
  if (tokens.length > 1) throw fail(`it holds ${tokens.length} tokens; a client has one`);
  // RFC 6750 section 2.1 has fewer characters; servers take what a header takes.
  if (!/^[\x21-\x7e]+$/.test(token)) throw fail("a token is printable ASCII without spaces");
  return token;
}

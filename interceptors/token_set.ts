import { createHash, timingSafeEqual } from "node:crypto";

/**
 * The tokens that a server takes. It keeps their digests only.
 *
 * How long `has()` takes depends on the token that is asked for and on how many there are, not on what they are: digests
 * are of one length, and all of them are compared, whichever fits.
 */
export class TokenSet {
  #digests: readonly Uint8Array[] = [];

  /** @throws Error if there is none, or one cannot travel. */
  constructor(tokens: Iterable<string>) {
    this.replace(tokens);
  }

  /** How many there are. */
  get size(): number {
    return this.#digests.length;
  }

  /** Takes other tokens from now on. @throws Error if there is none, or one cannot travel; the former ones stay. */
  replace(tokens: Iterable<string>): void {
    const digests = [...tokens].map((token) => digest(checkToken(token)));
    if (digests.length === 0) throw new Error("Cannot require a token: the list of them is empty");
    this.#digests = digests;
  }

  has(token: string): boolean {
    const asked = digest(token);
    let found = 0;
    for (const known of this.#digests) found |= Number(timingSafeEqual(known, asked));
    return found === 1;
  }
}

function digest(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}

/** Lets a token pass that can travel in `authorization`. @throws Error, which does not repeat it */
export function checkToken(token: string): string {
  if (token === "") throw new Error("Cannot use a token: it is empty");
  if (/\s/.test(token)) throw new Error("Cannot use a token: it has whitespace within");
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Error("Cannot use a token: it has characters beyond printable ASCII");
  }
  return token;
}

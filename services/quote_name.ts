/** A name that a client sent is repeated to it up to here, in characters. */
const MAX_QUOTED_NAME = 200;

/** A name in quotes, cut where it is too long for a message. */
export function quoteName(name: string): string {
  return name.length <= MAX_QUOTED_NAME ? `"${name}"` : `"${name.slice(0, MAX_QUOTED_NAME)}…"`;
}

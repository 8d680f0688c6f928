/** `pkg.Service`, `/pkg.Service/Method`, `.pkg.Message`. */
const NAME = /^[./]?[A-Za-z_]\w*(?:[./][A-Za-z_]\w*)*$/;

/** What a command is to look into, and at what in there. */
export interface TargetAndName {
  /** Undefined for the default one. */
  readonly target: string | undefined;
  readonly name: string | undefined;
}

/**
 * Tells `TARGET NAME` from `TARGET` and from `NAME`: every target has a colon (`host:port`, `unix:/path`,
 * `https://host`), and no name of a service, method or message has one. What can be neither (`127.0.0.1`) is taken for a
 * target, so that the error says what one looks like.
 */
export function splitArguments(
  first: string | undefined,
  second: string | undefined,
): TargetAndName {
  // Written the other way round, as it is read aloud: the colon tells which is which.
  if (first !== undefined && isName(first) && second?.includes(":")) {
    return { target: second, name: first };
  }
  if (first === undefined || second !== undefined || !isName(first)) {
    return { target: first, name: second };
  }
  return { target: undefined, name: first };
}

function isName(text: string): boolean {
  return NAME.test(text) && text !== "localhost";
}

import type { Address } from "./transport.ts";

/** Where a client connects to, and how. */
export interface Target {
  readonly address: Address;
  /** As the user wrote it, for messages. */
  readonly text: string;
  /** True for `https://`, false for `http://`; undefined where the target does not say. */
  readonly tls: boolean | undefined;
  /** What `:authority` says by default. */
  readonly authority: string;
}

const DEFAULT_PORTS = { http: 80, https: 443 };

/**
 * Reads a target: `host:port`, `[::1]:port`, `:port`, `unix:/path`, `http://host:port`, `https://host:port`.
 *
 * @throws Error that quotes the target and says what one looks like.
 */
export function parseTarget(text: string): Target {
  const unix = /^unix:(?:\/\/)?(\/?.+)$/.exec(text);
  if (unix !== null) {
    const address = { kind: "unix", path: unix[1] } as const;
    return { address, text, tls: undefined, authority: "localhost" };
  }
  const match = /^(?:(https?|grpc):\/\/)?(\[[0-9a-fA-F:.%]+\]|[^:/\s[\]]*)(?::(\d{1,5}))?\/?$/
    .exec(text);
  const scheme = match?.[1];
  const port = Number(
    match?.[3] ?? (scheme === "http" || scheme === "https" ? DEFAULT_PORTS[scheme] : NaN),
  );
  const namesNothing = match?.[2] === "" && match[3] === undefined;
  if (match === null || namesNothing || !(port >= 1 && port <= 65_535)) {
    throw new Error(
      `Cannot read the target "${text}": it is neither host:port nor unix:/path, as in localhost:8061`,
    );
  }
  const host = match[2] === "" ? "localhost" : match[2];
  const hostname = host.replace(/^\[|\]$/g, "");
  const tls = scheme === "https" ? true : scheme === "http" ? false : undefined;
  const address = { kind: "tcp", hostname, port } as const;
  return { address, text, tls, authority: `${host}:${port}` };
}

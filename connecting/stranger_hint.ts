import { Status } from "../rpc/status.ts";
import type { Target } from "../rpc/target.ts";

/** The usual port of the page of `broker serve`, which browsers talk to: next to that for calls. */
const PAGE_PORT = 8062;

/** How `rpc/` words a status of its own making, for an HTTP/2 answer that is not one of gRPC. */
const NOT_GRPC = /^The server's answer is not gRPC: (.*)$/;

/** What another server than one of gRPC ends a call with: a proxy before one has reasons of its own for the others. */
const CODES: ReadonlySet<number> = new Set([
  Status.UNIMPLEMENTED,
  Status.UNKNOWN,
  Status.INTERNAL,
]);

/** The end of a call. */
interface CallEnd {
  readonly code: number;
  readonly message: string;
}

/** What was found in place of gRPC, such as `HTTP status 404, content-type text/html`; undefined for what may be gRPC. */
export function findStranger({ code, message }: CallEnd): string | undefined {
  return CODES.has(code) ? NOT_GRPC.exec(message)?.[1] : undefined;
}

/** Ends the sentence about a call that another server than one of gRPC has answered; empty for any other end. */
export function hintOfEnd(end: CallEnd, target: Target): string {
  return findStranger(end) === undefined ? "" : strangerHint(target);
}

/** Ends the sentence about a target where HTTP/2 is spoken, but not gRPC. */
export function strangerHint(target: Target): string {
  const proxy = isPage(target) ? "" : ", and whether a proxy there passes gRPC on";
  return portHint(target) + proxy;
}

/** Ends the sentence about a target where something else listens than a gRPC server. */
export function portHint(target: Target): string {
  return isPage(target)
    ? `; ${PAGE_PORT} is the page of broker serve, which takes calls on 8061, or where its --port says`
    : "; check the port";
}

function isPage({ address }: Target): boolean {
  return address.kind === "tcp" && address.port === PAGE_PORT;
}

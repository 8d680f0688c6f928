import type { Address } from "../rpc/mod.ts";
import type { Schema } from "../schema/mod.ts";
import type { ServerWatch } from "./server_watch.ts";

/** Whether a server takes calls: it does, it will again (`starting`), or it never will (`stopping`). */
export type Readiness = "ready" | "starting" | "stopping";

/** What a page is for, and where it is. */
export interface DashboardOptions {
  /** Where the page listens; an IPv6 address has no brackets. Port 0 picks a free one. */
  readonly hostname: string;
  readonly port: number;
  readonly watch: ServerWatch;
  readonly schema: Schema;
  /** Where the server takes calls, as it listens. */
  readonly address: Address;
  readonly hasTls: boolean;
  /** Threads or processes that share the port. Default 1. */
  readonly workers?: number;
  /** No calls from the page. Default false. */
  readonly isReadOnly?: boolean;
  /** Whether calls need a client certificate, which the page does not have. Default false. */
  readonly needsCertificate?: boolean;
  /** Whether a bearer token is one of those that calls need. Default: none is needed. */
  readonly takesToken?: ((token: string) => boolean) | undefined;
  /** What `/readyz` says. Default: always `ready`. */
  readonly readiness?: () => Readiness;
  /** Told of failures that are no fault of who asked. */
  readonly onError?: (error: unknown) => void;
}

import { RpcServer, type ServerOptions } from "../../rpc/server.ts";
import { type Address, formatAddress } from "../../rpc/transport.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { createInteropHandlers } from "./interop_handlers.ts";
import { BROKER_SERVICE, INTEROP_SERVICE } from "./interop_schema.ts";

/** Our server with the services of the interop tests; `await using` ends it and checks that nothing is left. */
export interface InteropServer extends AsyncDisposable {
  readonly server: RpcServer;
  /** host:port or unix:/path. */
  readonly target: string;
  /** 0 for a Unix socket. */
  readonly port: number;
}

const ANY_PORT: Address = { kind: "tcp", hostname: "127.0.0.1", port: 0 };

export function startInteropServer(
  options: ServerOptions = {},
  address: Address = ANY_PORT,
): InteropServer {
  const server = new RpcServer({ onHandlerError: failLoudly, ...options });
  const { interop, broker } = createInteropHandlers();
  server.addService(INTEROP_SERVICE, interop);
  server.addService(BROKER_SERVICE, broker);
  const bound = server.listen(address);
  return {
    server,
    target: formatAddress(bound),
    port: bound.kind === "tcp" ? bound.port : 0,
    [Symbol.asyncDispose]: () =>
      withTimeout(server.shutdown({ graceMs: 1000 }), 5000, "our server to shut down"),
  };
}

function failLoudly(error: unknown, path: string): void {
  console.error(`The handler of ${path} failed:`, error);
}

import { listenTls, type ListenTlsOptions, type TlsListener } from "../../rpc/listen_tls.ts";
import { RpcServer } from "../../rpc/server.ts";
import type { ServerTls } from "../../rpc/tls_credentials.ts";
import { createInteropHandlers } from "../interop/interop_handlers.ts";
import { BROKER_SERVICE, INTEROP_SERVICE } from "../interop/interop_schema.ts";
import { withTimeout } from "./with_timeout.ts";

/** Our server with the services of the interop tests, over TLS; `await using` ends it. */
export interface TlsServer extends AsyncDisposable {
  readonly server: RpcServer;
  readonly listener: TlsListener;
  readonly port: number;
  /** localhost:port, as certificates have it. */
  readonly target: string;
  /** Why handshakes failed. */
  readonly refusals: readonly string[];
}

export async function startTlsServer(
  tls: ServerTls,
  options: ListenTlsOptions = {},
): Promise<TlsServer> {
  const refusals: string[] = [];
  const address = { kind: "tcp", hostname: "127.0.0.1", port: 0 } as const;
  const onRefused = (reason: string) => refusals.push(reason);
  const listener = await listenTls(address, tls, { onRefused, ...options });
  const server = new RpcServer();
  const { interop, broker } = createInteropHandlers();
  server.addService(INTEROP_SERVICE, interop);
  server.addService(BROKER_SERVICE, broker);
  const bound = server.listenOn(listener);
  const port = bound.kind === "tcp" ? bound.port : 0;
  return {
    server,
    listener,
    port,
    target: `localhost:${port}`,
    refusals,
    [Symbol.asyncDispose]: () =>
      withTimeout(server.shutdown({ graceMs: 1000 }), 5000, "our TLS server to shut down"),
  };
}

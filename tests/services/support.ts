import { Channel, formatAddress, RpcServer } from "../../rpc/mod.ts";
import type { Schema } from "../../schema/mod.ts";
import {
  createStandardServices,
  type StandardServices,
  type StandardServicesOptions,
} from "../../services/mod.ts";
import { withTimeout } from "../support/with_timeout.ts";

/** A server with nothing but the standard services of a schema, and a channel to it. */
export interface StandardServer extends AsyncDisposable {
  readonly channel: Channel;
  readonly server: RpcServer;
  readonly standard: StandardServices;
}

const TIMEOUT_MS = 10_000;

export function startStandardServer(
  schema: Schema,
  options: StandardServicesOptions = {},
): StandardServer {
  const server = new RpcServer();
  const standard = createStandardServices(schema, options);
  for (const { definition, handlers } of standard.services) {
    server.addService(definition, handlers);
  }
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  const channel = new Channel(formatAddress(address));
  return {
    channel,
    server,
    standard,
    async [Symbol.asyncDispose]() {
      channel.close();
      await withTimeout(server.shutdown({ graceMs: 1000 }), TIMEOUT_MS, "the server to end");
    },
  };
}

import { strict as assert } from "node:assert";
import { Channel, type ChannelOptions } from "../../../rpc/channel.ts";
import type { Handlers } from "../../../rpc/handlers.ts";
import { RpcServer, type ServerOptions } from "../../../rpc/server.ts";
import type { CallRecord } from "../../../rpc/server_call.ts";
import { type Address, formatAddress } from "../../../rpc/transport.ts";
import { withTimeout } from "../../support/with_timeout.ts";
import { handlersFor, type Script, SERVICE } from "./test_service.ts";

export interface TestServerOptions {
  readonly server?: ServerOptions;
  readonly channel?: ChannelOptions;
  readonly address?: Address;
  /** Changes the handlers before the server gets them. */
  readonly adapt?:
    | ((
      handlers: Handlers,
      onHandlerError: (error: unknown, path: string) => void,
    ) => Handlers)
    | undefined;
}

/** A server, a channel to it, and what the server told. `await using` ends both and checks that nothing is left. */
export interface TestServer extends AsyncDisposable {
  readonly server: RpcServer;
  readonly channel: Channel;
  readonly target: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  /** The calls that ended, in order. */
  readonly records: readonly CallRecord[];
  /** What handlers threw that was no `RpcError`. */
  readonly failures: readonly { readonly error: unknown; readonly path: string }[];
  /** Settles once that many calls have ended. */
  ended(count: number): Promise<void>;
}

export function startTestServer(
  handlers: Script | Handlers,
  options: TestServerOptions = {},
): TestServer {
  const records: CallRecord[] = [];
  const failures: { error: unknown; path: string }[] = [];
  const waiting = new Set<() => void>();
  const onHandlerError = (error: unknown, path: string) => void failures.push({ error, path });
  const server = new RpcServer({
    onCall(record) {
      records.push(record);
      for (const check of waiting) check();
    },
    onHandlerError,
    ...options.server,
  });
  const { adapt = (unchanged: Handlers) => unchanged } = options;
  const plain = typeof handlers === "function" ? handlersFor(handlers) : handlers;
  server.addService(SERVICE, adapt(plain, onHandlerError));
  const bound = server.listen(
    options.address ?? { kind: "tcp", hostname: "127.0.0.1", port: 0 },
  );
  const target = formatAddress(bound);
  const channel = new Channel(target, options.channel);
  return {
    server,
    channel,
    target,
    port: bound.kind === "tcp" ? bound.port : 0,
    records,
    failures,
    ended: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (records.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    async [Symbol.asyncDispose]() {
      channel.close();
      await withTimeout(server.shutdown({ graceMs: 1000 }), 5000, "the server to shut down");
      await withTimeout(untilIdle(server), 5000, `the handlers to return`);
      assert.deepEqual(server.stats, { connections: 0, streams: 0, running: 0 });
    },
  };
}

/** Handlers may return a turn of the event loop after their call. */
export async function untilIdle(server: RpcServer): Promise<void> {
  while (server.stats.running > 0) await new Promise((resolve) => setTimeout(resolve, 0));
}

import type { Handlers } from "./handlers.ts";
import {
  Http2Connection,
  type Http2Limits,
  type Http2Stream,
  type KeepAlive,
  type PingPolicy,
  type RequestHead,
  type Socket,
  type StreamListener,
} from "./http2/mod.ts";
import { logHandlerError } from "./log_handler_error.ts";
import { matchHandlers } from "./match_handlers.ts";
import { responseHead, writeStatus } from "./response_fields.ts";
import { type CallRecord, type Route, ServerCall, type ServerCallHost } from "./server_call.ts";
import type { ServiceDefinition } from "./service_definition.ts";
import { RpcError, Status } from "./status.ts";
import { type Address, listen, type Listener } from "./transport.ts";
import { findField, isGrpcContentType } from "./wire_metadata.ts";

/** The longest time that a timer can wait, in ms. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** Options of a server; sizes in octets, times in ms. */
export interface ServerOptions {
  /** Largest message received, after decompression. Default 4 MiB. */
  readonly maxMessageOctets?: number;
  /** Connections at one time; more are closed at once. Default 1000. */
  readonly maxConnections?: number;
  /** Streams that a connection may have open, and handlers that may run for it. Default 100. */
  readonly maxStreams?: number;
  /** Compresses answers for clients that take it. Default `identity`. */
  readonly compression?: "identity" | "gzip";
  /** PINGs to silent clients. Default: after 2 h, answered within 20 s (gRPC proposal A9). */
  readonly keepAlive?: KeepAlive;
  /** How often a client may PING. Default: each 5 min with a call, each 2 h without, 2 strikes (A8). */
  readonly pings?: PingPolicy;
  /** Time without a call after which a connection is shut down. Default: never. */
  readonly maxIdleMs?: number;
  /** Other limits of a connection. */
  readonly limits?: Partial<Http2Limits>;
  /** Told of each call that ended. */
  readonly onCall?: (record: CallRecord) => void;
  /** Told of each handler that threw what is no `RpcError`; the client gets a neutral UNKNOWN. */
  readonly onHandlerError?: (error: unknown, path: string) => void;
}

const DEFAULTS = {
  maxMessageOctets: 4 * 1024 * 1024,
  maxConnections: 1000,
  maxStreams: 100,
  compression: "identity",
  keepAlive: { timeMs: 7_200_000, timeoutMs: 20_000, withoutStreams: true },
  pings: { minIntervalMs: 300_000, minIdleIntervalMs: 7_200_000, maxStrikes: 2 },
} as const satisfies Partial<ServerOptions>;

/**
 * A gRPC server.
 *
 * @example
 * ```ts
 * const server = new RpcServer();
 * server.addService(definition, { *Count({ upTo }) { for (let n = 1; n <= upTo; n++) yield { n }; } });
 * const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
 * await server.shutdown({ graceMs: 1000 });
 * ```
 */
export class RpcServer implements ServerCallHost {
  readonly maxMessageOctets: number;
  readonly compression: "identity" | "gzip";

  readonly #options: typeof DEFAULTS & ServerOptions;
  readonly #routes = new Map<string, Route>();
  readonly #listeners = new Set<Listener>();
  readonly #connections = new Map<Http2Connection, Promise<void>>();
  /** Handlers that run, by connection: a cancelled call's handler counts until it returns. */
  readonly #running = new Map<Http2Connection, Set<ServerCall>>();

  constructor(options: ServerOptions = {}) {
    this.#options = { ...DEFAULTS, ...options } as typeof DEFAULTS & ServerOptions;
    this.maxMessageOctets = this.#options.maxMessageOctets;
    this.compression = this.#options.compression;
  }

  /** Connections and streams that are open now, and handlers that run. */
  get stats(): {
    readonly connections: number;
    readonly streams: number;
    readonly running: number;
  } {
    let streams = 0;
    for (const connection of this.#connections.keys()) streams += connection.streams.size;
    let running = 0;
    for (const calls of this.#running.values()) running += calls.size;
    return { connections: this.#connections.size, streams, running };
  }

  /**
   * Answers a service's methods with these handlers. A method without a handler answers UNIMPLEMENTED.
   *
   * @throws Error if a handler has no method, which is most likely a typing error.
   */
  addService(definition: ServiceDefinition, handlers: Handlers): void {
    for (const route of matchHandlers(definition, handlers)) {
      this.#routes.set(route.definition.path, route);
    }
  }

  /** Starts to accept connections; returns the address with the port that was picked. */
  listen(address: Address): Address {
    return this.listenOn(listen(address));
  }

  /** Starts to accept what another listener hands out, such as one of `listenTls()`, and closes it in the end. */
  listenOn(listener: Listener): Address {
    this.#listeners.add(listener);
    this.#acceptAll(listener);
    return listener.address;
  }

  /** Serves one connected socket to its end. */
  async serve(socket: Socket): Promise<void> {
    const { maxStreams, limits, pings, keepAlive, maxIdleMs } = this.#options;
    const connection: Http2Connection = new Http2Connection(socket, {
      role: "server",
      limits: { maxConcurrentStreams: maxStreams, pings, ...limits },
      keepAlive,
      ...(maxIdleMs === undefined ? {} : { maxIdleMs }),
      events: { request: (stream, head) => this.#onRequest(connection, stream, head) },
    });
    const done = connection.run();
    this.#connections.set(connection, done);
    this.#running.set(connection, new Set());
    await done;
    this.#connections.delete(connection);
    if (this.#running.get(connection)?.size === 0) this.#running.delete(connection);
  }

  /**
   * Ends in order: accepts no more, tells every client with GOAWAY, lets calls finish for `graceMs`, then cuts off
   * what is left.
   */
  async shutdown(options: { readonly graceMs: number }): Promise<void> {
    this.#stopListening();
    for (const connection of this.#connections.keys()) connection.shutdown();
    const timer = setTimeout(() => this.close(), Math.min(options.graceMs, MAX_TIMER_MS));
    await Promise.all(this.#connections.values());
    clearTimeout(timer);
  }

  /** Ends at once. */
  close(): void {
    this.#stopListening();
    for (const connection of this.#connections.keys()) connection.close();
  }

  #stopListening(): void {
    for (const listener of this.#listeners) listener.close();
    this.#listeners.clear();
  }

  async #acceptAll(listener: Listener): Promise<void> {
    while (this.#listeners.has(listener)) {
      try {
        const socket = await listener.accept();
        if (this.#connections.size >= this.#options.maxConnections) socket.close();
        else this.serve(socket);
      } catch (error) {
        if (!this.#listeners.has(listener)) return;
        if (error instanceof Deno.errors.BadResource) return;
        // Out of file descriptors, or a client that left before it was accepted: go on when there is room.
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  #onRequest(
    connection: Http2Connection,
    stream: Http2Stream,
    head: RequestHead,
  ): StreamListener | undefined {
    const running = this.#running.get(connection);
    if (running === undefined || running.size >= this.#options.maxStreams) return undefined;
    const httpStatus = checkHttp(head);
    if (httpStatus !== undefined) {
      stream.sendHeaders([{ name: ":status", value: httpStatus }], { endStream: true });
      const message = `HTTP status ${httpStatus}: the request is not gRPC`;
      this.#recordRefusal(connection, head, { code: Status.UNKNOWN, message });
      return DEAF;
    }
    try {
      const route = this.#findRoute(head.path);
      const call = new ServerCall(stream, head, { host: this, route, peer: connection.peer });
      running.add(call);
      call.run().then(() => this.#handlerDone(connection, call));
      return call;
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const fields = responseHead();
      writeStatus(fields, error, stream.peerMaxHeaderListOctets);
      stream.sendHeaders(fields, { endStream: true });
      this.#recordRefusal(connection, head, error);
      return DEAF;
    }
  }

  /** A call that never reached a handler is in the log as well: most often the method or the server is the wrong one. */
  #recordRefusal(
    connection: Http2Connection,
    head: RequestHead,
    { code, message }: { readonly code: number; readonly message: string },
  ): void {
    const { path } = head;
    const { peer } = connection;
    this.callDone({ path, peer, code, message, received: 0, sent: 0, durationMs: 0 });
  }

  #findRoute(path: string): Route {
    const route = this.#routes.get(path);
    if (route !== undefined) return route;
    throw new RpcError(Status.UNIMPLEMENTED, `The server has no method "${path}"`);
  }

  #handlerDone(connection: Http2Connection, call: ServerCall): void {
    const running = this.#running.get(connection);
    running?.delete(call);
    if (running?.size === 0 && !this.#connections.has(connection)) {
      this.#running.delete(connection);
    }
  }

  // What a call tells.

  callDone(record: CallRecord): void {
    this.#tell(record.path, () => this.#options.onCall?.(record));
  }

  handlerFailed(error: unknown, path: string): void {
    const { onHandlerError = logHandlerError } = this.#options;
    this.#tell(path, () => onHandlerError(error, path));
  }

  /** An observer that fails must not end the connection that it was told of. */
  #tell(path: string, observer: () => void): void {
    try {
      observer();
    } catch (error) {
      logHandlerError(error, path);
    }
  }
}

/** The HTTP status that refuses a request which is not gRPC; undefined for one that is. */
function checkHttp(head: RequestHead): string | undefined {
  if (head.method !== "POST") return "405";
  return isGrpcContentType(findField(head.fields, "content-type")) ? undefined : "415";
}

/** Listens to a stream that has its answer already. */
const DEAF: StreamListener = {
  head() {},
  data() {},
  trailers() {},
  writable() {},
  closed() {},
};

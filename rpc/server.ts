import { varyTime } from "./backoff.ts";
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
import type { CalledMethod, ServerInterceptor } from "./interceptors.ts";
import { logHandlerError } from "./log_handler_error.ts";
import { matchHandlers } from "./match_handlers.ts";
import { MessageBudget } from "./message_budget.ts";
import type { LiveCall, ServerObserver } from "./observation.ts";
import { responseHead, writeStatus } from "./response_fields.ts";
import type { Route } from "./route.ts";
import { type CallRecord, ServerCall, type ServerCallHost } from "./server_call.ts";
import type { ServiceDefinition } from "./service_definition.ts";
import { RpcError, Status } from "./status.ts";
import { type Address, listen, type Listener } from "./transport.ts";
import { findField, isGrpcContentType } from "./wire_metadata.ts";

/** The longest time that a timer can wait, in ms. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** Share by which the age of connections is varied (gRPC proposal A9). */
const AGE_JITTER = 0.1;

/** Options of a server; sizes in octets, times in ms. */
export interface ServerOptions {
  /** Largest message received, after decompression. Default 4 MiB. */
  readonly maxMessageOctets?: number;
  /**
   * What the unfinished messages of a connection may hold together; those above 64 KiB that do not fit wait for the
   * others. Default 64 MiB.
   */
  readonly maxUnfinishedOctets?: number;
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
  /**
   * Age at which a connection is shut down, so that its client looks for a server anew; varied by a tenth, so that
   * clients do not all come back at once. Default: never.
   */
  readonly maxAgeMs?: number;
  /** Time that calls of such a connection have to finish before they are cut off. Default: endless. */
  readonly maxAgeGraceMs?: number;
  /** Other limits of a connection. */
  readonly limits?: Partial<Http2Limits>;
  /**
   * Stand around every call that is gRPC, also of methods that there are not: the first one is the outermost. Default
   * none.
   */
  readonly interceptors?: readonly ServerInterceptor[];
  /** Told of each call that ended. */
  readonly onCall?: (record: CallRecord) => void;
  /** Told of each handler that threw what is no `RpcError`; the client gets a neutral UNKNOWN. */
  readonly onHandlerError?: (error: unknown, path: string) => void;
}

const DEFAULTS = {
  maxMessageOctets: 4 * 1024 * 1024,
  maxUnfinishedOctets: 64 * 1024 * 1024,
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
  readonly interceptors: readonly ServerInterceptor[];

  readonly #options: typeof DEFAULTS & ServerOptions;
  readonly #routes = new Map<string, Route>();
  readonly #listeners = new Set<Listener>();
  readonly #connections = new Set<ServedConnection>();
  /** Handlers that run, those of connections that are gone among them. */
  #running = 0;
  #observer: ServerObserver | undefined;

  constructor(options: ServerOptions = {}) {
    this.#options = { ...DEFAULTS, ...options } as typeof DEFAULTS & ServerOptions;
    this.maxMessageOctets = this.#options.maxMessageOctets;
    this.compression = this.#options.compression;
    this.interceptors = [...this.#options.interceptors ?? []];
  }

  /** Connections and streams that are open now, and handlers that run. */
  get stats(): {
    readonly connections: number;
    readonly streams: number;
    readonly running: number;
  } {
    let streams = 0;
    for (const { connection } of this.#connections) streams += connection.streams.size;
    return { connections: this.#connections.size, streams, running: this.#running };
  }

  /** Tells of each call from now on, in place of who was told before; undefined tells nobody. */
  observe(observer: ServerObserver | undefined): void {
    this.#observer = observer;
  }

  /** All methods that it has, those without a handler among them. */
  get methods(): CalledMethod[] {
    return Array.from(this.#routes.values(), ({ definition }) => definition);
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
    const { maxStreams, limits, pings, keepAlive } = this.#options;
    const { maxIdleMs, maxAgeMs, maxAgeGraceMs } = this.#options;
    const connection = new Http2Connection(socket, {
      role: "server",
      limits: { maxConcurrentStreams: maxStreams, pings, ...limits },
      keepAlive,
      ...(maxIdleMs === undefined ? {} : { maxIdleMs }),
      ...(maxAgeMs === undefined ? {} : { maxAgeMs: varyTime(maxAgeMs, AGE_JITTER) }),
      ...(maxAgeGraceMs === undefined ? {} : { maxAgeGraceMs }),
      events: { request: (stream, head) => this.#onRequest(served, stream, head) },
    });
    const budget = new MessageBudget(this.#options.maxUnfinishedOctets);
    const served: ServedConnection = { connection, budget, done: connection.run(), running: 0 };
    this.#connections.add(served);
    await served.done;
    this.#connections.delete(served);
  }

  /**
   * Ends in order: accepts no more, tells every client with GOAWAY, lets calls finish for `graceMs`, then cuts off
   * what is left.
   */
  async shutdown(options: { readonly graceMs: number }): Promise<void> {
    this.#stopListening();
    for (const { connection } of this.#connections) connection.shutdown();
    const timer = setTimeout(() => this.close(), Math.min(options.graceMs, MAX_TIMER_MS));
    await Promise.all([...this.#connections].map(({ done }) => done));
    clearTimeout(timer);
  }

  /** Ends at once. */
  close(): void {
    this.#stopListening();
    for (const { connection } of this.#connections) connection.close();
  }

  #stopListening(): void {
    for (const listener of this.#listeners) listener.close();
    this.#listeners.clear();
  }

  async #acceptAll(listener: Listener): Promise<void> {
    while (this.#listeners.has(listener)) {
      try {
        const socket = await listener.accept();
        const isFull = this.#connections.size >= this.#options.maxConnections;
        // Accepted while the listener was closed: nobody would tell it that the server ends.
        if (isFull || !this.#listeners.has(listener)) socket.close();
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
    served: ServedConnection,
    stream: Http2Stream,
    head: RequestHead,
  ): StreamListener | undefined {
    const { connection, budget } = served;
    if (served.running >= this.#options.maxStreams) return undefined;
    const httpStatus = checkHttp(head);
    if (httpStatus !== undefined) {
      stream.sendHeaders([{ name: ":status", value: httpStatus }], { endStream: true });
      const message = `HTTP status ${httpStatus}: the request is not gRPC`;
      this.#recordRefusal(connection, head, { code: Status.UNKNOWN, message });
      return DEAF;
    }
    try {
      const route = this.#findRoute(head.path);
      const call = new ServerCall(stream, head, {
        host: this,
        route,
        peer: connection.peer,
        budget,
      });
      served.running++;
      this.#running++;
      if (this.#observer !== undefined) this.#callStarted(call);
      call.run().then(() => {
        served.running--;
        this.#running--;
      });
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
    const error = new RpcError(Status.UNIMPLEMENTED, `The server has no method "${path}"`);
    // Who may not call is not to learn which methods there are.
    if (this.interceptors.length > 0) return missingRoute(path, error);
    throw error;
  }

  // What a call tells.

  callDone(record: CallRecord, call?: LiveCall): void {
    this.#tell(record.path, () => this.#options.onCall?.(record));
    if (this.#observer === undefined) return;
    this.#tell(record.path, () => this.#observer?.callEnded(record, call));
  }

  #callStarted(call: LiveCall): void {
    this.#tell(call.path, () => this.#observer?.callStarted(call));
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

/** A connection, until it is closed and its handlers have returned. */
interface ServedConnection {
  readonly connection: Http2Connection;
  readonly budget: MessageBudget;
  readonly done: Promise<void>;
  /** Handlers that run: a cancelled call's handler counts until it returns. */
  running: number;
}

/** Where a call of no method goes: through the interceptors, and then to its refusal. */
function missingRoute(path: string, error: RpcError): Route {
  const none = () => {
    throw error;
  };
  return {
    // Streams both ways: nothing is read or written.
    definition: {
      path,
      requestStream: true,
      responseStream: true,
      requestSerialize: none,
      requestDeserialize: none,
      responseSerialize: none,
      responseDeserialize: none,
    },
    handler: none,
    isMissing: true,
  };
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

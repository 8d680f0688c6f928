import { Backoff, type BackoffOptions } from "./backoff.ts";
import { allResponses, onlyResponse, startSending } from "./call_kinds.ts";
import { type CallOptions, ClientCall, type ClientCallHost } from "./client_call.ts";
import {
  type Clock,
  Http2Connection,
  type Http2Limits,
  type KeepAlive,
  type Socket,
} from "./http2/mod.ts";
import { describeError } from "./response_status.ts";
import type { MethodDefinition } from "./service_definition.ts";
import { RpcError, Status } from "./status.ts";
import { parseTarget, type Target } from "./target.ts";
import { connect } from "./transport.ts";

/** Options of a channel; sizes in octets, times in ms. */
export interface ChannelOptions {
  /** Replaces the target's host as `:authority`. */
  readonly authority?: string | undefined;
  /** Time to connect and exchange SETTINGS. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Largest message received, after decompression. Default 4 MiB. */
  readonly maxMessageOctets?: number | undefined;
  /** PINGs that find out whether the server is there. Default: none. */
  readonly keepAlive?: KeepAlive | undefined;
  /** Waits between attempts to connect. Default 1 s, growing by 1.6 up to 2 min. */
  readonly backoff?: BackoffOptions | undefined;
  /** Put before `broker/VERSION` in the user-agent. */
  readonly userAgent?: string | undefined;
  readonly limits?: Partial<Http2Limits> | undefined;
  /** How a socket is made: the seam for TLS and for tests. Default: TCP or a Unix socket, without TLS. */
  readonly connect?: ((target: Target) => Promise<Socket>) | undefined;
  readonly clock?: Clock | undefined;
}

const USER_AGENT = "grpc-broker/0.1.0";

/**
 * A channel to one server: connects when a call needs it, again when the connection is lost, and makes calls of the
 * four kinds.
 *
 * @example
 * ```ts
 * using channel = new Channel("localhost:8061");
 * for await (const prediction of channel.bidirectional(method, measurements)) console.log(prediction);
 * ```
 */
export class Channel implements ClientCallHost {
  readonly authority: string;
  readonly scheme = "http";
  readonly userAgent: string;
  readonly maxMessageOctets: number;

  readonly #target: Target;
  readonly #targetText: string;
  readonly #options: ChannelOptions;
  readonly #backoff: Backoff;
  #connection: Http2Connection | undefined;
  #connecting: Promise<void> | undefined;
  /** Connections that take no new streams but still have some. */
  readonly #leaving = new Set<Http2Connection>();
  /** Before this moment no attempt is made; calls that do not wait fail with the last error. */
  #retryAtMs = 0;
  #lastError: RpcError | undefined;
  #closed = false;
  /** Calls that wait for room on the connection. */
  #waiters: (() => void)[] = [];

  /** @throws Error for a target that cannot be read. */
  constructor(target: string, options: ChannelOptions = {}) {
    this.#target = parseTarget(target);
    this.#targetText = target;
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
    this.authority = options.authority ?? this.#target.authority;
    this.maxMessageOctets = options.maxMessageOctets ?? 4 * 1024 * 1024;
    this.userAgent = options.userAgent === undefined
      ? USER_AGENT
      : `${options.userAgent} ${USER_AGENT}`;
  }

  /** Starts a call of any kind. */
  call<Request, Response>(
    method: MethodDefinition<Request, Response>,
    options: CallOptions = {},
  ): ClientCall<Request, Response> {
    return new ClientCall(this, method, options);
  }

  /** One request, one response. @throws RpcError */
  unary<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Response> {
    const call = this.call(method, options);
    call.send(request);
    call.end();
    return onlyResponse(call);
  }

  /** One request, a stream of responses. */
  serverStreaming<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): AsyncIterable<Response> {
    const call = this.call(method, options);
    call.send(request);
    call.end();
    return allResponses(call);
  }

  /** A stream of requests, one response. @throws RpcError */
  clientStreaming<Request, Response>(
    method: MethodDefinition<Request, Response>,
    requests: AsyncIterable<Request> | Iterable<Request>,
    options: CallOptions = {},
  ): Promise<Response> {
    const call = this.call(method, options);
    return onlyResponse(call, startSending(call, requests));
  }

  /** Streams both ways; requests are taken as the server takes them. */
  bidirectional<Request, Response>(
    method: MethodDefinition<Request, Response>,
    requests: AsyncIterable<Request> | Iterable<Request>,
    options: CallOptions = {},
  ): AsyncIterable<Response> {
    const call = this.call(method, options);
    return allResponses(call, startSending(call, requests));
  }

  /** Ends all calls and connections. */
  close(): void {
    this.#closed = true;
    for (const connection of [this.#connection, ...this.#leaving]) connection?.close();
    this.#wake();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Connects now; for finding out whether the server is there. @throws RpcError `UNAVAILABLE` */
  async connect(): Promise<void> {
    await this.connection({ waitForReady: false, signal: new AbortController().signal });
  }

  readyConnection(): Http2Connection | undefined {
    return this.#connection?.canOpen ? this.#connection : undefined;
  }

  async connection(options: {
    readonly waitForReady: boolean;
    readonly signal: AbortSignal;
  }): Promise<Http2Connection> {
    for (;;) {
      options.signal.throwIfAborted();
      if (this.#closed) throw new RpcError(Status.CANCELLED, "The channel is closed");
      const ready = this.readyConnection();
      if (ready !== undefined) return ready;
      if (this.#connection !== undefined) {
        await this.#capacity(options.signal);
        continue;
      }
      try {
        await this.#connect(options);
      } catch (error) {
        if (!options.waitForReady || this.#closed) throw error;
      }
    }
  }

  /** Joins the attempt under way, or makes one; after a failure, not before the back-off is over. */
  async #connect(options: {
    readonly waitForReady: boolean;
    readonly signal: AbortSignal;
  }): Promise<void> {
    const waitMs = this.#retryAtMs - performance.now();
    if (this.#connecting === undefined && waitMs > 0) {
      if (!options.waitForReady && this.#lastError !== undefined) throw this.#lastError;
      await abortableWait(waitMs, options.signal);
      options.signal.throwIfAborted();
    }
    this.#connecting ??= this.#attempt().finally(() => this.#connecting = undefined);
    await this.#connecting;
  }

  async #attempt(): Promise<void> {
    const expiry = new AbortController();
    const timeoutMs = this.#options.connectTimeoutMs ?? 10_000;
    const timer = setTimeout(
      () => expiry.abort(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      this.#connection = await this.#establish(expiry.signal);
      this.#backoff.reset();
    } catch (cause) {
      this.#retryAtMs = performance.now() + this.#backoff.next();
      this.#lastError = new RpcError(
        Status.UNAVAILABLE,
        `Cannot connect to ${this.#targetText}: ${describeError(cause)}`,
        { cause },
      );
      throw this.#lastError;
    } finally {
      clearTimeout(timer);
    }
  }

  /** A connection on which the server has sent its SETTINGS; before that, nobody knows who is there. */
  async #establish(expiry: AbortSignal): Promise<Http2Connection> {
    const open = this.#options.connect ?? ((target: Target) => connect(target.address));
    const socket = await untilAborted(open(this.#target), expiry, (late) => late.close());
    const ready = Promise.withResolvers<void>();
    const { limits, keepAlive, clock } = this.#options;
    const connection: Http2Connection = new Http2Connection(socket, {
      role: "client",
      ...(limits === undefined ? {} : { limits }),
      ...(keepAlive === undefined ? {} : { keepAlive }),
      ...(clock === undefined ? {} : { clock }),
      events: {
        ready: () => ready.resolve(),
        draining: () => this.#leave(connection),
        capacity: () => this.#wake(),
        closed: (error) => {
          this.#leave(connection);
          this.#leaving.delete(connection);
          ready.reject(error ?? new Error("the server closed the connection"));
        },
      },
    });
    this.#leaving.add(connection);
    connection.run();
    try {
      await untilAborted(ready.promise, expiry);
      if (this.#closed) throw new RpcError(Status.CANCELLED, "The channel is closed");
    } catch (error) {
      connection.close();
      throw error;
    }
    this.#leaving.delete(connection);
    return connection;
  }

  #leave(connection: Http2Connection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#leaving.add(connection);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  #capacity(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

/** Settles with the promise, or rejects when the signal aborts first; what comes too late is handed to `discard`. */
function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
  discard: (late: Value) => void = () => {},
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(
      (value) => signal.aborted ? discard(value) : resolve(value),
      reject,
    ).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Waits; an abort ends the wait early. */
function abortableWait(waitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, waitMs);
    signal.addEventListener("abort", finish, { once: true });
  });
}

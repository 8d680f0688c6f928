import { untilAborted, wait } from "./abortable.ts";
import { Backoff, type BackoffOptions } from "./backoff.ts";
import { GreetingCheck } from "./greeting_check.ts";
import {
  type Clock,
  ErrorCode,
  Http2Connection,
  type Http2Error,
  type Http2Limits,
  type KeepAlive,
  type Socket,
} from "./http2/mod.ts";
import { describeError } from "./response_status.ts";
import { RpcError, Status } from "./status.ts";
import type { Target } from "./target.ts";
import { describeTimeout } from "./timeout.ts";
import { connect } from "./transport.ts";

/** Options of a connector; times in ms. */
export interface ConnectorOptions {
  /** Time to connect and exchange SETTINGS. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** PINGs that find out whether the server is there. Default: none. */
  readonly keepAlive?: KeepAlive | undefined;
  /** Waits between attempts to connect. Default 1 s, growing by 1.6 up to 2 min. */
  readonly backoff?: BackoffOptions | undefined;
  readonly limits?: Partial<Http2Limits> | undefined;
  /** How a socket is made: the seam for TLS and for tests. Default: TCP or a Unix socket, without TLS. */
  readonly connect?: ((target: Target, signal: AbortSignal) => Promise<Socket>) | undefined;
  readonly clock?: Clock | undefined;
}

/** A connection that ends this soon without a call counts as a failure to connect. */
const UNUSED_MS = 1000;

/** How a call waits for a connection. */
export interface WaitOptions {
  /** Go on after a failure to connect, as long as the signal lets it. */
  readonly waitForReady: boolean;
  readonly signal: AbortSignal;
}

/**
 * Keeps a connection to one server: makes it when a call needs it, again when it is lost, and queues the calls that
 * wait for room on it.
 */
export class Connector {
  readonly #target: Target;
  readonly #options: ConnectorOptions;
  readonly #backoff: Backoff;
  #keepAlive: KeepAlive | undefined;
  #connection: Http2Connection | undefined;
  #connecting: Promise<void> | undefined;
  /** Connections without a use for new calls: being set up, or ended but for their last streams. */
  readonly #aside = new Set<Http2Connection>();
  /** Before this moment no attempt is made; calls that do not wait fail with the last error. */
  #retryAtMs = 0;
  #lastError: RpcError | undefined;
  /** When the connection in use was made. */
  #connectedMs = 0;
  readonly #closing = new AbortController();
  /** Calls that wait for room on the connection, in their order. */
  #waiters: (() => void)[] = [];

  constructor(target: Target, options: ConnectorOptions) {
    this.#target = target;
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
    this.#keepAlive = options.keepAlive;
  }

  /** A connection that takes a stream now, unless others wait for one. */
  ready(): Http2Connection | undefined {
    return this.#waiters.length === 0 && this.#connection?.canOpen ? this.#connection : undefined;
  }

  /** Waits for a connection that takes a stream. @throws RpcError `UNAVAILABLE`, or the signal's reason. */
  async connection({ waitForReady, signal }: WaitOptions): Promise<Http2Connection> {
    for (;;) {
      signal.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      const ready = this.ready();
      if (ready !== undefined) return ready;
      if (this.#connection !== undefined) {
        await this.#room(signal);
        // Its turn has come; the next waiter is not to go first.
        if (this.#connection?.canOpen) return this.#connection;
        continue;
      }
      try {
        await this.#connect(waitForReady, signal);
      } catch (error) {
        if (!waitForReady) throw error;
      }
    }
  }

  /** Ends all connections; whoever waits for one gets CANCELLED. */
  close(): void {
    this.#closing.abort(new RpcError(Status.CANCELLED, "The channel is closed"));
    for (const connection of [this.#connection, ...this.#aside]) connection?.close();
    this.#letAllGo();
  }

  /** Joins the attempt under way, or makes one; after a failure, not before the back-off is over. */
  async #connect(waitForReady: boolean, signal: AbortSignal): Promise<void> {
    const waitMs = this.#retryAtMs - performance.now();
    if (this.#connecting === undefined && waitMs > 0) {
      if (!waitForReady && this.#lastError !== undefined) throw this.#lastError;
      await wait(waitMs, AbortSignal.any([signal, this.#closing.signal]));
    }
    this.#connecting ??= this.#attempt().finally(() => this.#connecting = undefined);
    await untilAborted(this.#connecting, signal);
  }

  async #attempt(): Promise<void> {
    const expiry = new AbortController();
    const timeoutMs = this.#options.connectTimeoutMs ?? 10_000;
    const expire = () => expiry.abort(new Error(`no answer within ${describeTimeout(timeoutMs)}`));
    const timer = setTimeout(expire, timeoutMs);
    try {
      const giveUp = AbortSignal.any([expiry.signal, this.#closing.signal]);
      const connection = await this.#establish(giveUp);
      if (giveUp.aborted) connection.close();
      giveUp.throwIfAborted();
      this.#connection = connection;
      this.#connectedMs = performance.now();
      this.#backoff.reset();
    } catch (cause) {
      if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
      throw this.#noteFailure(cause);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A connection on which the server has sent its SETTINGS; before that, nobody knows who is there. */
  async #establish(signal: AbortSignal): Promise<Http2Connection> {
    const open = this.#options.connect ?? ((target) => connect(target.address, signal));
    const socket = await untilAborted(open(this.#target, signal), signal, (late) => late.close());
    const ready = Promise.withResolvers<void>();
    const { limits, clock } = this.#options;
    const connection: Http2Connection = new Http2Connection(new GreetingCheck(socket), {
      role: "client",
      ...(limits === undefined ? {} : { limits }),
      ...(this.#keepAlive === undefined ? {} : { keepAlive: this.#keepAlive }),
      ...(clock === undefined ? {} : { clock }),
      events: {
        ready: () => ready.resolve(),
        draining: () => this.#leave(connection),
        capacity: () => this.#letIn(),
        closed: (error) => {
          this.#leave(connection);
          this.#aside.delete(connection);
          if (error !== undefined) this.#calmDown(error);
          ready.reject(error ?? new Error("the server closed the connection"));
        },
      },
    });
    this.#aside.add(connection);
    connection.run();
    try {
      await untilAborted(ready.promise, signal);
    } catch (error) {
      connection.close();
      throw error;
    }
    this.#aside.delete(connection);
    return connection;
  }

  /** Takes a connection out of use; its streams go on. */
  #leave(connection: Http2Connection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#countUnused(connection);
    this.#aside.add(connection);
    this.#letAllGo();
  }

  /** A server that greets and leaves, without a call, is not asked again at once: it would be a loop without a pause. */
  #countUnused(connection: Http2Connection): void {
    const isUnused = connection.streams.nextLocalId === 1;
    if (!isUnused || performance.now() - this.#connectedMs > UNUSED_MS) return;
    const reason = "the server closed the connection before a call could use it";
    this.#noteFailure(new Error(reason));
  }

  #noteFailure(cause: unknown): RpcError {
    this.#retryAtMs = performance.now() + this.#backoff.next();
    return this.#lastError = new RpcError(
      Status.UNAVAILABLE,
      `Cannot connect to ${this.#target.text}: ${describeError(cause)}`,
      { cause },
    );
  }

  /** Whoever waits for room here looks for another connection. */
  #letAllGo(): void {
    for (const enter of this.#waiters.splice(0)) enter();
  }

  /** A server that calls our PINGs too many gets half as many from the next connection (gRPC proposal A8). */
  #calmDown(error: Http2Error): void {
    const keepAlive = this.#keepAlive;
    if (keepAlive === undefined || error.code !== ErrorCode.ENHANCE_YOUR_CALM) return;
    if (error.message.includes("too_many_pings")) {
      this.#keepAlive = { ...keepAlive, timeMs: 2 * keepAlive.timeMs };
    }
  }

  /** Lets as many calls in as there is room for. */
  #letIn(): void {
    const connection = this.#connection;
    if (this.#waiters.length === 0 || !connection?.canOpen) return;
    const room = connection.sender.peer.maxConcurrentStreams - connection.streams.size;
    for (const enter of this.#waiters.splice(0, room)) enter();
  }

  /** Waits in the queue for room on the connection. @throws the signal's reason. */
  async #room(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push(resolve);
    try {
      await untilAborted(promise, signal);
    } catch (error) {
      const at = this.#waiters.indexOf(resolve);
      if (at >= 0) this.#waiters.splice(at, 1);
      // Let in and gone at the same time: the place is the next one's.
      else this.#letIn();
      throw error;
    } finally {
      resolve();
    }
  }
}

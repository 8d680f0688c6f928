import { allResponses, onlyResponse, sendOne, startSending } from "./call_kinds.ts";
import type { CallOptions, ClientCallHost } from "./call_options.ts";
import { ClientCall } from "./client_call.ts";
import { Connector, type ConnectorOptions, type WaitOptions } from "./connector.ts";
import type { Http2Connection } from "./http2/mod.ts";
import type { ClientInterceptor } from "./interceptors.ts";
import type { MethodDefinition } from "./service_definition.ts";
import { parseTarget } from "./target.ts";

/** Options of a channel; sizes in octets, times in ms. */
export interface ChannelOptions extends ConnectorOptions {
  /** Replaces the target's host as `:authority`. */
  readonly authority?: string | undefined;
  /** What calls say of the connection that `connect` makes. Default `http`. */
  readonly scheme?: "http" | "https" | undefined;
  /** Largest message received, after decompression. Default 4 MiB. */
  readonly maxMessageOctets?: number | undefined;
  /** Put before `broker/VERSION` in the user-agent. */
  readonly userAgent?: string | undefined;
  /** Stand around every call, the first one outermost. Default none. */
  readonly interceptors?: readonly ClientInterceptor[] | undefined;
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
  readonly scheme: string;
  readonly userAgent: string;
  readonly maxMessageOctets: number;
  readonly interceptors: readonly ClientInterceptor[];

  readonly #connector: Connector;

  /** @throws Error for a target that cannot be read. */
  constructor(target: string, options: ChannelOptions = {}) {
    const parsed = parseTarget(target);
    this.#connector = new Connector(parsed, options);
    this.authority = options.authority ?? parsed.authority;
    this.scheme = options.scheme ?? "http";
    this.maxMessageOctets = options.maxMessageOctets ?? 4 * 1024 * 1024;
    this.interceptors = [...options.interceptors ?? []];
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
    sendOne(call, request);
    return onlyResponse(call);
  }

  /** One request, a stream of responses. */
  serverStreaming<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    options: CallOptions = {},
  ): AsyncIterable<Response> {
    const call = this.call(method, options);
    sendOne(call, request);
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
    this.#connector.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Connects now; for finding out whether the server is there. @throws RpcError `UNAVAILABLE` */
  async connect(): Promise<void> {
    await this.connection({ waitForReady: false, signal: new AbortController().signal });
  }

  // What a call asks for.

  readyConnection(): Http2Connection | undefined {
    return this.#connector.ready();
  }

  connection(options: WaitOptions): Promise<Http2Connection> {
    return this.#connector.connection(options);
  }
}

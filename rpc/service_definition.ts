/**
 * One method, in the shape that `@grpc/proto-loader` builds and `@grpc/grpc-js` takes. Its functions are called without
 * their object.
 *
 * Source: `MethodDefinition` of grpc-js; repeated here as a structural type so that `rpc/` needs neither
 * package at run time.
 */
export interface MethodDefinition<Request = unknown, Response = unknown> {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  requestSerialize(value: Request): Uint8Array;
  requestDeserialize(bytes: Uint8Array): Request;
  responseSerialize(value: Response): Uint8Array;
  responseDeserialize(bytes: Uint8Array): Response;
  /** The method's name in lowerCamel, as grpc-js knows it beside the name in the `.proto`. */
  readonly originalName?: string;
  /** Largest request that a server reads, in octets, where that is less than the server's own limit. */
  readonly maxRequestOctets?: number;
}

/** The methods of one service by their names in the `.proto`. */
export type ServiceDefinition = Readonly<Record<string, MethodDefinition>>;

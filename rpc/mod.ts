export { answerEach, type StartAnswering } from "./answer_each.ts";
export { decodeBase64, encodeBase64 } from "./base64.ts";
export { Channel, type ChannelOptions } from "./channel.ts";
export type { CallOptions, CallStatus } from "./call_options.ts";
export { ClientCall } from "./client_call.ts";
export { connectTls } from "./connect_tls.ts";
export type {
  BidirectionalHandler,
  ClientStreamingHandler,
  Handler,
  Handlers,
  ServerCallContext,
  ServerStreamingHandler,
  UnaryHandler,
} from "./handlers.ts";
export type { InPlaceDecode, InPlaceEncode } from "./in_place_codec.ts";
export type {
  CalledMethod,
  ClientInterceptor,
  InterceptedCall,
  MessageHooks,
  OutgoingCall,
  ServerInterceptor,
} from "./interceptors.ts";
export {
  listenTls,
  type ListenTlsOptions,
  type TcpAddress,
  type TlsListener,
} from "./listen_tls.ts";
export type { MessageHook } from "./message_hooks.ts";
export { Metadata, type MetadataValue } from "./metadata.ts";
export type { LiveCall, MessagePeek, ServerObserver } from "./observation.ts";
export { RpcServer, type ServerOptions } from "./server.ts";
export type { CallRecord } from "./server_call.ts";
export type { MethodDefinition, ServiceDefinition } from "./service_definition.ts";
export { RpcError, Status, statusName } from "./status.ts";
export { statusOf } from "./status_of.ts";
export { parseTarget, type Target } from "./target.ts";
export { checkCredentials, type ClientTls, type ServerTls } from "./tls_credentials.ts";
export { TlsError, type TlsFailure } from "./tls_error.ts";
export { type Address, formatAddress, type Listener } from "./transport.ts";

/**
 * What a program imports to serve and to call gRPC: the server, the channel, schemas, and the databroker's model.
 *
 * @example
 * ```ts
 * import { builtinSchema, Channel, RpcServer } from "./mod.ts";
 *
 * const { services: [{ definition }] } = await builtinSchema();
 * const server = new RpcServer();
 * server.addService(definition, {
 *   async *BidirectionalStreaming(measurements: AsyncIterable<{ id: number; sensor1: number }>) {
 *     for await (const { id, sensor1 } of measurements) yield { id, prediction: sensor1 > 100 };
 *   },
 * });
 * server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 8061 });
 *
 * using channel = new Channel("localhost:8061");
 * const measurements = [{ id: 1, sensor1: 99 }, { id: 2, sensor1: 101 }];
 * const predictions = channel.bidirectional(definition.BidirectionalStreaming, measurements);
 * for await (const prediction of predictions) console.log(prediction);
 * await server.shutdown({ graceMs: 1000 });
 * ```
 *
 * @module
 */
export * from "./rpc/mod.ts";
// Not in rpc/mod.ts: they load node:stream, which costs the commands 20 ms at their start.
export { fromGrpcJs } from "./rpc/from_grpc_js.ts";
export { toGrpcJs, type ToGrpcJsOptions } from "./rpc/to_grpc_js.ts";
export {
  logCalls,
  logOutgoingCalls,
  mapErrors,
  type OutgoingCallRecord,
  requireToken,
  type RequireTokenOptions,
  sendToken,
  TokenSet,
  validateMessages,
  ValidationError,
  type ValidationRule,
  type ValidationRules,
  type Violation,
} from "./interceptors/mod.ts";
export {
  builtinSchema,
  decodeErrorDetails,
  encodeErrorDetails,
  type EnumShape,
  type ErrorDetail,
  type ErrorDetails,
  type FieldShape,
  type FieldType,
  findMethod,
  loadSchema,
  type LoadSchemaOptions,
  type MessageShape,
  type MethodKind,
  type MethodSchema,
  type NewErrorDetail,
  type ScalarType,
  type Schema,
  SchemaError,
  type ServiceSchema,
} from "./schema/mod.ts";
export {
  type AnomalyDetector,
  type AnomalyDetectorOptions,
  type BrokerRequest,
  type BrokerResponse,
  createAnomalyDetector,
  databrokerHandlers,
} from "./services/mod.ts";

import { fromJSON } from "@grpc/proto-loader";
import type { INamespace } from "protobufjs";
import type { MethodDefinition } from "../rpc/service_definition.ts";
import { LOADER_OPTIONS } from "./loader_options.ts";

/** What a server is asked; one member is set. */
export interface ReflectionRequest {
  readonly list_services?: string;
  readonly file_by_filename?: string;
  readonly file_containing_symbol?: string;
}

/** What it answers; the member that is set goes with the request. */
export interface ReflectionResponse {
  readonly file_descriptor_response?: {
    /** Encoded `google.protobuf.FileDescriptorProto`s. */
    readonly file_descriptor_proto: readonly Uint8Array[];
  };
  readonly list_services_response?: {
    readonly service: readonly { readonly name: string }[];
  };
  readonly error_response?: {
    readonly error_code: number;
    readonly error_message: string;
  };
}

/** The versions of the reflection service, the newest first: v1 and v1alpha differ in nothing but their names. */
export const REFLECTION_VERSIONS = ["v1", "v1alpha"] as const;

export type ReflectionVersion = typeof REFLECTION_VERSIONS[number];

/**
 * The method `ServerReflectionInfo` of `grpc/reflection/VERSION/reflection.proto`, as far as we ask.
 *
 * Source: grpc/grpc-proto, grpc/reflection/v1/reflection.proto. As JSON, so that no file has to be found at run time.
 */
export function reflectionMethod(
  version: ReflectionVersion,
): MethodDefinition<ReflectionRequest, ReflectionResponse> {
  const definitions = fromJSON(
    { nested: { grpc: { nested: { reflection: { nested: { [version]: REFLECTION } } } } } },
    LOADER_OPTIONS,
  );
  const service = definitions[`grpc.reflection.${version}.ServerReflection`];
  const method = service === undefined ? undefined : Reflect.get(service, "ServerReflectionInfo");
  if (method === undefined) throw new TypeError("Cannot find ServerReflectionInfo");
  return method as MethodDefinition<ReflectionRequest, ReflectionResponse>;
}

const string = (id: number) => ({ type: "string", id });

const REFLECTION: INamespace = {
  nested: {
    ServerReflection: {
      methods: {
        ServerReflectionInfo: {
          requestType: "ServerReflectionRequest",
          requestStream: true,
          responseType: "ServerReflectionResponse",
          responseStream: true,
          comment: "",
        },
      },
    },
    ServerReflectionRequest: {
      oneofs: {
        message_request: {
          oneof: ["file_by_filename", "file_containing_symbol", "list_services"],
        },
      },
      fields: {
        host: string(1),
        file_by_filename: string(3),
        file_containing_symbol: string(4),
        list_services: string(7),
      },
    },
    ServerReflectionResponse: {
      oneofs: {
        message_response: {
          oneof: ["file_descriptor_response", "list_services_response", "error_response"],
        },
      },
      fields: {
        valid_host: string(1),
        file_descriptor_response: { type: "FileDescriptorResponse", id: 4 },
        list_services_response: { type: "ListServiceResponse", id: 6 },
        error_response: { type: "ErrorResponse", id: 7 },
      },
    },
    FileDescriptorResponse: {
      fields: { file_descriptor_proto: { rule: "repeated", type: "bytes", id: 1 } },
    },
    ListServiceResponse: {
      fields: { service: { rule: "repeated", type: "ServiceResponse", id: 1 } },
    },
    ServiceResponse: { fields: { name: string(1) } },
    ErrorResponse: {
      fields: { error_code: { type: "int32", id: 1 }, error_message: string(2) },
    },
  },
};

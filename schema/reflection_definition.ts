import { fromJSON } from "@grpc/proto-loader";
import type { INamespace } from "protobufjs";
import type { MethodDefinition } from "../rpc/service_definition.ts";
import { LOADER_OPTIONS } from "./loader_options.ts";
import type { ProtoJson } from "./parse_proto.ts";

/** What a server is asked; one member besides `host` is set. */
export interface ReflectionRequest {
  readonly host?: string;
  readonly list_services?: string;
  readonly file_by_filename?: string;
  readonly file_containing_symbol?: string;
  readonly file_containing_extension?: {
    readonly containing_type: string;
    readonly extension_number: number;
  };
  readonly all_extension_numbers_of_type?: string;
}

/** What it answers; the member that is set goes with the request. */
export interface ReflectionResponse {
  readonly valid_host?: string;
  readonly original_request?: ReflectionRequest;
  readonly file_descriptor_response?: {
    /** Encoded `google.protobuf.FileDescriptorProto`s. */
    readonly file_descriptor_proto: readonly Uint8Array[];
  };
  readonly all_extension_numbers_response?: {
    readonly base_type_name: string;
    readonly extension_number: readonly number[];
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

/** The method `ServerReflectionInfo` of `grpc/reflection/VERSION/reflection.proto`. */
export function reflectionMethod(
  version: ReflectionVersion,
): MethodDefinition<ReflectionRequest, ReflectionResponse> {
  const definitions = fromJSON(reflectionProto(version).json, LOADER_OPTIONS);
  const service = definitions[`grpc.reflection.${version}.ServerReflection`];
  const method = service === undefined ? undefined : Reflect.get(service, "ServerReflectionInfo");
  if (method === undefined) throw new TypeError("Cannot find ServerReflectionInfo");
  return method as MethodDefinition<ReflectionRequest, ReflectionResponse>;
}

/**
 * The file that defines the service.
 *
 * Source: grpc/grpc-proto, grpc/reflection/v1/reflection.proto. As JSON, so that no file has to be found at run time.
 */
export function reflectionProto(version: ReflectionVersion): ProtoJson {
  return {
    name: `grpc/reflection/${version}/reflection.proto`,
    package: `grpc.reflection.${version}`,
    json: { nested: { grpc: { nested: { reflection: { nested: { [version]: REFLECTION } } } } } },
  };
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
          oneof: [
            "file_by_filename",
            "file_containing_symbol",
            "file_containing_extension",
            "all_extension_numbers_of_type",
            "list_services",
          ],
        },
      },
      fields: {
        host: string(1),
        file_by_filename: string(3),
        file_containing_symbol: string(4),
        file_containing_extension: { type: "ExtensionRequest", id: 5 },
        all_extension_numbers_of_type: string(6),
        list_services: string(7),
      },
    },
    ExtensionRequest: {
      fields: { containing_type: string(1), extension_number: { type: "int32", id: 2 } },
    },
    ServerReflectionResponse: {
      oneofs: {
        message_response: {
          oneof: [
            "file_descriptor_response",
            "all_extension_numbers_response",
            "list_services_response",
            "error_response",
          ],
        },
      },
      fields: {
        valid_host: string(1),
        original_request: { type: "ServerReflectionRequest", id: 2 },
        file_descriptor_response: { type: "FileDescriptorResponse", id: 4 },
        all_extension_numbers_response: { type: "ExtensionNumberResponse", id: 5 },
        list_services_response: { type: "ListServiceResponse", id: 6 },
        error_response: { type: "ErrorResponse", id: 7 },
      },
    },
    FileDescriptorResponse: {
      fields: { file_descriptor_proto: { rule: "repeated", type: "bytes", id: 1 } },
    },
    ExtensionNumberResponse: {
      fields: {
        base_type_name: string(1),
        extension_number: { rule: "repeated", type: "int32", id: 2 },
      },
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

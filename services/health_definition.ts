import { fromJSON } from "@grpc/proto-loader";
import type { IMapField } from "protobufjs";
import type { MethodDefinition, ServiceDefinition } from "../rpc/mod.ts";
import { LOADER_OPTIONS, type ProtoJson } from "../schema/mod.ts";
import { lazyMethod } from "./lazy_method.ts";

export const HEALTH_SERVICE = "grpc.health.v1.Health";

const STATUSES: IMapField = { keyType: "string", type: "HealthCheckResponse", id: 1 };

/**
 * The file that defines the service.
 *
 * Source: grpc/grpc-proto, grpc/health/v1/health.proto. As JSON, so that no file has to be found at run time.
 */
export const HEALTH_PROTO: ProtoJson = {
  name: "grpc/health/v1/health.proto",
  package: "grpc.health.v1",
  json: {
    nested: {
      grpc: {
        nested: {
          health: {
            nested: {
              v1: {
                nested: {
                  HealthCheckRequest: { fields: { service: { type: "string", id: 1 } } },
                  HealthCheckResponse: {
                    fields: { status: { type: "ServingStatus", id: 1 } },
                    nested: {
                      ServingStatus: {
                        values: { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 },
                      },
                    },
                  },
                  HealthListRequest: { fields: {} },
                  HealthListResponse: {
                    fields: { statuses: STATUSES },
                  },
                  Health: {
                    methods: {
                      Check: {
                        requestType: "HealthCheckRequest",
                        responseType: "HealthCheckResponse",
                        comment: "",
                      },
                      Watch: {
                        requestType: "HealthCheckRequest",
                        responseType: "HealthCheckResponse",
                        responseStream: true,
                        comment: "",
                      },
                      List: {
                        requestType: "HealthListRequest",
                        responseType: "HealthListResponse",
                        comment: "",
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

/** `grpc.health.v1.Health`, with codecs that are built on the first call. */
export const HEALTH_DEFINITION: ServiceDefinition = {
  Check: healthMethod("Check", false),
  Watch: healthMethod("Watch", true),
  List: healthMethod("List", false),
};

function healthMethod(name: string, responseStream: boolean): MethodDefinition {
  const head = {
    path: `/${HEALTH_SERVICE}/${name}`,
    requestStream: false,
    responseStream,
  };
  return lazyMethod(head, () => {
    const service = fromJSON(HEALTH_PROTO.json, LOADER_OPTIONS)[HEALTH_SERVICE];
    const method = service === undefined ? undefined : Reflect.get(service, name);
    if (method === undefined) throw new TypeError(`Cannot find ${head.path}`);
    return method as MethodDefinition;
  });
}

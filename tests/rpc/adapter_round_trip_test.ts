// Our handlers made a grpc-js implementation, and that made handlers again: on our server they behave as before.
import { fromGrpcJs } from "../../rpc/from_grpc_js.ts";
import { toGrpcJs } from "../../rpc/to_grpc_js.ts";
import { type Detour, testEveryScenario } from "./support/call_scenarios.ts";
import { SERVICE } from "./support/test_service.ts";

const BOTH_ADAPTERS: Detour = {
  name: "through both grpc-js adapters",
  adapt: (handlers, onHandlerError) =>
    fromGrpcJs(toGrpcJs(handlers, SERVICE, { onHandlerError }), SERVICE),
};

for (const kind of ["Unary", "ServerStream", "ClientStream", "Bidi"] as const) {
  testEveryScenario(kind, BOTH_ADAPTERS);
}

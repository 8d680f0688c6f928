// Serves interop.proto and databroker.proto with our handlers on grpc-js: `node adapter_server.mjs [address]`. Node 22.18
// and later read the types away.
import { createInteropHandlers } from "../../interop/interop_handlers.ts";
import { toGrpcJs } from "../../../rpc/to_grpc_js.ts";
import { BrokerService, Interop } from "./interop.mjs";
import { serve } from "./serve.mjs";

const { interop, broker } = createInteropHandlers();
serve({
  interop: toGrpcJs(interop, Interop.service),
  broker: toGrpcJs(broker, BrokerService.service),
});

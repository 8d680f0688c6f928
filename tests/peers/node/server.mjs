// Serves interop.proto and databroker.proto with grpc-js: `node server.mjs [address]`.
import grpc from "@grpc/grpc-js";
import { createImplementations } from "./implementations.mjs";
import { serve } from "./serve.mjs";

serve(createImplementations(grpc.Metadata));

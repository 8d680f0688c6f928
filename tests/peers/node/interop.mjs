// What the Node server and client share: the services and the constants of interop.proto.
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const packages = grpc.loadPackageDefinition(
  protoLoader.loadSync([
    here("../interop.proto"),
    here("../../../proto/databroker.proto"),
  ], {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
);

export const Interop = packages.broker.interop.Interop;
export const BrokerService = packages.bidirectional_databroker.BrokerService;

export * from "./constants.mjs";

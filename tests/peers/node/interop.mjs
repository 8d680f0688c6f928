// What the Node server and client share: the services and the constants of interop.proto.
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const packages = grpc.loadPackageDefinition(
  protoLoader.loadSync([here("../interop.proto"), here("../../../proto/databroker.proto")], {
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
);

export const Interop = packages.broker.interop.Interop;
export const BrokerService = packages.bidirectional_databroker.BrokerService;

export const HANG = -1000;
export const AWAIT_CANCELLED = -1001;
export const LAST_STATUS = 16;
export const REFUSAL = "refused: ☺ 100%";
export const REASON = Buffer.from([0x00, 0x01, 0xfe, 0xff]);
export const REPLY_OCTET = 0x2a;

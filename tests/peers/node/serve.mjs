// Runs implementations of both services on a grpc-js server, as the servers of this folder do.
//
// The first argument of the process is the address, host:port (default 127.0.0.1:0) or unix:/path; --tls DIR and
// --mutual-tls DIR are those of credentials.mjs. Prints
// `listening <port>` (or `listening unix:/path`) once it accepts connections and exits when its stdin closes.
import grpc from "@grpc/grpc-js";
import process from "node:process";
import { serverCredentials } from "./credentials.mjs";
import { BrokerService, Interop } from "./interop.mjs";

export function serve({ interop, broker }) {
  const server = new grpc.Server();
  server.addService(Interop.service, interop);
  server.addService(BrokerService.service, broker);

  const address = process.argv[2] ?? "127.0.0.1:0";
  server.bindAsync(
    address,
    serverCredentials(),
    (error, port) => {
      if (error) {
        console.error(`Cannot listen on "${address}": ${error.message}`);
        process.exit(1);
      }
      console.log(`listening ${address.startsWith("unix:") ? address : port}`);
    },
  );

  process.stdin.resume();
  process.stdin.on("end", () => {
    server.forceShutdown();
    process.exit(0);
  });
}

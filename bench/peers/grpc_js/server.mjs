// grpc-js as a peer: `node server.mjs [--tls DIR]` prints `listening PORT` and ends with its stdin. All defaults, with
// proto-loader's usual options. ./build puts node_modules and the .proto files beside this file.
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import { readFileSync } from "node:fs";
import process from "node:process";

const packages = grpc.loadPackageDefinition(
  protoLoader.loadSync(["databroker.proto", "bench.proto"], {
    includeDirs: [new URL("protos", import.meta.url).pathname],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
);

const predict = ({ id }) => ({ id, prediction: id % 2 === 0 });

/** Answers each message, and stops reading while the answers do not leave. */
function answerAll(compute) {
  return (call) => {
    call.on("data", (message) => {
      if (call.write(compute(message))) return;
      call.pause();
      call.once("drain", () => call.resume());
    });
    call.on("end", () => call.end());
    call.on("error", () => {});
  };
}

const server = new grpc.Server();
server.addService(packages.bidirectional_databroker.BrokerService.service, {
  BidirectionalStreaming: answerAll(predict),
});
server.addService(packages.broker.bench.Bench.service, {
  Predict: (call, respond) => respond(null, predict(call.request)),
  Echo: answerAll((block) => block),
});
server.bindAsync("127.0.0.1:0", readCredentials(), (error, port) => {
  if (error) throw error;
  console.log(`listening ${port}`);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));

function readCredentials() {
  const [option, folder] = process.argv.slice(2);
  if (option !== "--tls") return grpc.ServerCredentials.createInsecure();
  const read = (name) => readFileSync(`${folder}/${name}`);
  const pair = { cert_chain: read("server.crt"), private_key: read("server.key") };
  return grpc.ServerCredentials.createSsl(null, [pair]);
}

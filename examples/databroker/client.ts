// Calls every method of databroker.proto once. This file is yours: change it as you like.
import process from "node:process";
import { RpcError, Status, statusName } from "./gen/runtime/rpc.ts";
import { connect } from "./gen/standalone.ts";
import * as samples from "./samples.ts";

const connection = connect(process.argv[2] ?? "localhost:8061");
const { services } = connection;

await show(
  "BrokerService.BidirectionalStreaming",
  services.BrokerService.BidirectionalStreaming([samples.BrokerRequest]),
);

connection.close();

/** Prints the answers as they come, or why there are none. */
async function show(
  name: string,
  answers: Promise<object> | AsyncIterable<object>,
): Promise<void> {
  try {
    if (Symbol.asyncIterator in answers) {
      for await (const answer of answers) console.log(name, answer);
    } else {
      console.log(name, await answers);
    }
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    console.log(name, statusName(error.code), error.message);
    if (error.code !== Status.UNIMPLEMENTED) process.exitCode = 1;
  }
}

// Calls every method of datahub.proto once. This file is yours: change it as you like.
import process from "node:process";
import { RpcError, Status, statusName } from "./gen/runtime/rpc.ts";
import { connect } from "./gen/standalone.ts";
import * as samples from "./samples.ts";

const [target = "localhost:8061", watchSeconds = "60"] = process.argv.slice(2);
const connection = connect(target);
const { services } = connection;

await show("Ingress.SendDataPackages", services.Ingress.SendDataPackages([samples.DataPackage]));
await show(
  "Ingress.ExchangeDataPackages",
  services.Ingress.ExchangeDataPackages([samples.DataPackage]),
);

// It goes on until somebody ends it.
const signal = AbortSignal.timeout(Number(watchSeconds) * 1000);
await show(
  "Egress.GetDataPackagesStream",
  services.Egress.GetDataPackagesStream(samples.RequestGetDataPackage, { signal }),
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
    if (error.code === Status.CANCELLED && signal.aborted) {
      console.log(name, `cancelled after ${watchSeconds} s`);
      return;
    }
    console.log(name, statusName(error.code), error.message);
    if (error.code !== Status.UNIMPLEMENTED) process.exitCode = 1;
  }
}

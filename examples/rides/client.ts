// A ride from its begin to its end, and one that no server should take.
import process from "node:process";
import { RpcError, Status, statusName } from "./gen/runtime/rpc.ts";
import { connect } from "./gen/standalone.ts";
import * as samples from "./samples.ts";

const connection = connect(process.argv[2] ?? "localhost:8061");
const { services } = connection;

try {
  const { id } = await services.Rides.Start(samples.StartRequest);
  console.log("Started", id);
  const { count } = await services.Rides.Track(samples.positions);
  console.log("Tracked", count, "positions");
  const { duration } = await services.Rides.End({ ...samples.EndRequest, id });
  console.log("Ended after", duration, "s");
  await services.Rides.Start({ ...samples.StartRequest, driver_id: "" });
} catch (error) {
  if (!(error instanceof RpcError)) throw error;
  console.log(statusName(error.code), error.message);
  if (error.code !== Status.INVALID_ARGUMENT) process.exitCode = 1;
} finally {
  connection.close();
}

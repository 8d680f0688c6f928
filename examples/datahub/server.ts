// The handlers of datahub.proto. This file is yours: broker scaffold adds new methods and changes nothing else.
import type { EgressHandlers, IngressHandlers } from "./gen/datahub.ts";
import { type Call, RpcError, Status } from "./gen/runtime/rpc.ts";
import { Hub } from "./hub.ts";
import * as services from "./server.ts";

/** Time between two repetitions of the latest value; a subscriber may ask for another with `interval-ms`. */
const DEFAULT_INTERVAL_MS = 1_000;
const MIN_INTERVAL_MS = 10;
const MAX_INTERVAL_MS = 3_600_000;

const hub = new Hub();

/** Where values come in. */
export const Ingress: IngressHandlers = {
  /**
   * Takes packages as they come, and says in the end how many there were.
   *
   * `rpc SendDataPackages(stream datahub.DataPackage) returns (datahub.SendDataPackagesSummary)`
   */
  async SendDataPackages(packages) {
    let accepted = 0;
    let refused = 0;
    let lastError = "";
    for await (const data of packages) {
      const refusal = hub.publish(data);
      if (refusal === undefined) {
        accepted++;
      } else {
        refused++;
        lastError = refusal;
      }
    }
    return { Accepted: String(accepted), Refused: String(refused), LastError: lastError };
  },

  /**
   * Takes packages as they come, and acknowledges each at once.
   *
   * `rpc ExchangeDataPackages(stream datahub.DataPackage) returns (stream datahub.DataPackageAcknowledgement)`
   */
  async *ExchangeDataPackages(packages) {
    for await (const data of packages) {
      const refusal = hub.publish(data);
      yield {
        IsSuccess: refusal === undefined,
        LastError: refusal ?? "",
        TrackingGuid: data.TrackingGuid,
      };
    }
  },
};

/** Where values go out. */
export const Egress: EgressHandlers = {
  /**
   * The value of a tag: the latest one now and at each interval, and every new one as it comes, until the client
   * cancels.
   *
   * `rpc GetDataPackagesStream(datahub.RequestGetDataPackage) returns (stream datahub.ResponseGetDataPackageStream)`
   */
  async *GetDataPackagesStream({ TagName, TrackingGuid }, call) {
    const everyMs = readInterval(call);
    const subscription = hub.subscribe(TagName);
    if (subscription === undefined) {
      const LastError = `There is no tag "${TagName}"`;
      yield { IsSuccess: false, LastError, TrackingGuid, TagName, TagValue: "" };
      return;
    }
    for await (const data of subscription.values(everyMs, call.signal)) {
      yield { ...data, IsSuccess: true, LastError: "" };
    }
  },
};

/** The metadata `interval-ms`. @throws RpcError if it is no number of ms from 10 to 3,600,000 */
function readInterval(call: Call): number {
  const [text] = call.metadata.get("interval-ms");
  if (text === undefined) return DEFAULT_INTERVAL_MS;
  const ms = Number(text);
  if (ms >= MIN_INTERVAL_MS && ms <= MAX_INTERVAL_MS) return ms;
  throw new RpcError(
    Status.INVALID_ARGUMENT,
    `interval-ms is "${text}": it must be ${MIN_INTERVAL_MS} to ${MAX_INTERVAL_MS}`,
  );
}

// Run as a program, this serves them with grpc-js; `broker serve` does without these lines.
if (import.meta.main) {
  import("./gen/standalone.ts").then(({ serve }) => serve(services));
}

// The handlers of databroker.proto. This file is yours: broker scaffold adds new methods and changes nothing else.
import type { BrokerServiceHandlers } from "./gen/databroker.ts";
import { createModel } from "./model.ts";
import * as services from "./server.ts";

/** The handlers of `bidirectional_databroker.BrokerService`. */
export const BrokerService: BrokerServiceHandlers = {
  /**
   * Answers every measurement with one prediction, in order and without delay.
   *
   * `rpc BidirectionalStreaming(stream bidirectional_databroker.BrokerRequest) returns (stream bidirectional_databroker.BrokerResponse)`
   */
  async *BidirectionalStreaming(measurements) {
    const isAnomaly = createModel();
    for await (const measurement of measurements) {
      yield { id: measurement.id, prediction: isAnomaly(measurement) };
    }
  },
};

// Run as a program, this serves them with grpc-js; `broker serve` does without these lines.
if (import.meta.main) {
  import("./gen/standalone.ts").then(({ serve }) => serve(services));
}

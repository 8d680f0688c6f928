import { envelope } from "../support/wire.ts";

/** The method of the built-in databroker. */
export const PREDICT = "/bidirectional_databroker.BrokerService/BidirectionalStreaming";

/** A `BrokerRequest` with its prefix: `{id: 5, sensor1: 1.5, … sensor4: 4.5}`, as proto/databroker.proto has it. */
export const REQUEST = envelope(encodeRequest());

function encodeRequest(): Uint8Array {
  const bytes = new Uint8Array(2 + 4 * 5);
  const view = new DataView(bytes.buffer);
  // Field 1 as varint, then fields 2 to 5 as float.
  bytes.set([1 << 3, 5]);
  for (let sensor = 1; sensor <= 4; sensor++) {
    const at = 2 + (sensor - 1) * 5;
    bytes[at] = ((sensor + 1) << 3) | 5;
    view.setFloat32(at + 1, sensor + 0.5, true);
  }
  return bytes;
}

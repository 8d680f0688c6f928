import { Buffer } from "node:buffer";
import type { MethodDefinition } from "../rpc/service_definition.ts";

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`, by number. */
const STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;

/** What a health check answers; `CODE_9` for a number that has no name. */
export type Health = typeof STATUSES[number] | `CODE_${number}`;

/** The tag of field 1: of a string in the request, of a varint in the response. */
const REQUEST_TAG = 0x0a;
const RESPONSE_TAG = 0x08;

/**
 * `Check` or `Watch` of `grpc.health.v1.Health`: from the name of a service to its health.
 *
 * Its two messages of one field are written out here: a library of protobuf would take longer to load than the check.
 *
 * Source: grpc/grpc-proto, grpc/health/v1/health.proto
 */
export function healthMethod(name: "Check" | "Watch"): MethodDefinition<string, Health> {
  return {
    path: `/grpc.health.v1.Health/${name}`,
    requestStream: false,
    responseStream: name === "Watch",
    requestSerialize: encodeRequest,
    requestDeserialize: notHere,
    responseSerialize: notHere,
    responseDeserialize: decodeHealth,
  };
}

function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  if (name.length === 0) return name;
  return Buffer.concat([Buffer.from([REQUEST_TAG, ...varint(name.length)]), name]);
}

/** Reads the last status of a `HealthCheckResponse`; none is 0. @throws Error for what is no message */
export function decodeHealth(octets: Uint8Array): Health {
  let status = 0;
  for (let at = 0; at < octets.length;) {
    const tag = octets[at++];
    const wireType = tag & 7;
    // All fields but the one are to be passed over; a later version may have them.
    if (wireType === 5) at += 4;
    else if (wireType === 1) at += 8;
    else if (wireType === 0 || wireType === 2) {
      let value = 0;
      let shift = 0;
      for (; octets[at] >= 0x80; at++, shift += 7) value |= (octets[at] & 0x7f) << shift;
      value |= octets[at++] << shift;
      if (wireType === 2) at += value;
      else if (tag === RESPONSE_TAG) status = value;
    } else throw new Error(`The wire type ${wireType} is none of protobuf`);
    if (!(at <= octets.length)) throw new Error("The message is cut off");
  }
  return STATUSES[status] ?? `CODE_${status}`;
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [value & 0x7f | 0x80, ...varint(value >>> 7)];
}

function notHere(): never {
  throw new TypeError("A client of health has no use for this side of its codec");
}

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
  let at = 0;
  // Its lower 32 bits, from 0 up: a length below 0 would lead back, and round and round.
  const readVarint = (): number => {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      if (at >= octets.length) throw new Error("The message is cut off");
      const octet = octets[at++];
      if (shift < 32) value |= (octet & 0x7f) << shift;
      if (octet < 0x80) return value >>> 0;
    }
  };
  while (at < octets.length) {
    const tag = readVarint();
    const wireType = tag & 7;
    // All fields but the one are to be passed over; a later version may have them.
    if (wireType === 5) at += 4;
    else if (wireType === 1) at += 8;
    else if (wireType === 2) {
      const length = readVarint();
      at += length;
    } else if (wireType !== 0) throw new Error(`The wire type ${wireType} is none of protobuf`);
    else {
      const value = readVarint();
      // Numbers of an enum have a sign.
      if (tag === RESPONSE_TAG) status = value | 0;
    }
    if (at > octets.length) throw new Error("The message is cut off");
  }
  return STATUSES[status] ?? `CODE_${status}`;
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [value & 0x7f | 0x80, ...varint(value >>> 7)];
}

function notHere(): never {
  throw new TypeError("A client of health has no use for this side of its codec");
}

// What a ValidationError is on the wire, for grpc-js: `broker serve` does this by itself.
import { RpcError, Status, type ValidationError } from "./gen/runtime/rpc.ts";

/** INVALID_ARGUMENT, with `google.rpc.BadRequest` among its details. */
export function toRefusal(error: ValidationError): RpcError {
  const { message, violations } = error;
  const badRequest = violations.flatMap(({ field, reason }) =>
    encodeField(1, [...encodeField(1, encodeText(field)), ...encodeField(2, encodeText(reason))])
  );
  const typeUrl = encodeText("type.googleapis.com/google.rpc.BadRequest");
  // A google.rpc.Status: its code, its message, its details.
  const details = Uint8Array.from([
    ...[1 << 3, Status.INVALID_ARGUMENT],
    ...encodeField(2, encodeText(message)),
    ...encodeField(3, [...encodeField(1, typeUrl), ...encodeField(2, badRequest)]),
  ]);
  return new RpcError(Status.INVALID_ARGUMENT, message, { details, cause: error });
}

function encodeText(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

/** A field of octets: its number and kind, how many there are, and they. */
function encodeField(number: number, octets: readonly number[]): number[] {
  const length: number[] = [];
  let rest = octets.length;
  for (; rest > 127; rest >>>= 7) length.push(rest & 127 | 128);
  return [number << 3 | 2, ...length, rest, ...octets];
}

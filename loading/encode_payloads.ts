import {
  type CallMethod,
  encodeRequest,
  readRequests,
  type RequestSource,
  type TypeBook,
} from "../calling/mod.ts";
import { CommandError } from "../cli/mod.ts";
import { mayBeArray } from "../json/mod.ts";

/** Encoded messages above this would fill the memory before the first call, in octets. */
const MAX_PAYLOAD_OCTETS = 256 * 1024 * 1024;

/**
 * Encodes the requests of a load, once: one JSON value, several one after the other, or an array of them.
 *
 * @throws CommandError for what is not JSON, does not fit the message, is too much, or is nothing
 */
export async function encodePayloads(
  source: RequestSource,
  method: CallMethod,
  book: TypeBook,
): Promise<Uint8Array[]> {
  const payloads: Uint8Array[] = [];
  const target = { book, method, requests: source };
  let octets = 0;
  const splitsArrays = !mayBeArray(book.find(method.requestType));
  for await (const item of readRequests(source, splitsArrays)) {
    const payload = await encodeRequest(target, item, payloads.length + 1);
    octets += payload.length;
    if (octets > MAX_PAYLOAD_OCTETS) {
      throw new CommandError(
        `Cannot send ${source.name}: its messages have more than ${MAX_PAYLOAD_OCTETS} octets; ` +
          `they are used in turn, so fewer will do`,
      );
    }
    payloads.push(payload);
  }
  if (payloads.length > 0) return payloads;
  throw new CommandError(`Cannot send ${source.name}: it holds no message; {} is an empty one`);
}

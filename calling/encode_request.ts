import { type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { CommandError } from "../cli/mod.ts";
import { JsonError, type JsonItem } from "../json/mod.ts";
import type { CallMethod } from "./call_method.ts";
import type { RequestSource } from "./request_source.ts";
import type { TypeBook } from "./type_book.ts";

/** Where requests come from, and what they are for. */
export interface RequestTarget {
  readonly book: TypeBook;
  readonly method: CallMethod;
  readonly requests: RequestSource;
}

/**
 * A request, encoded.
 *
 * @param number of the message, from 1, for what is said of it
 * @throws CommandError that names the message and its line, if it does not fit its type
 */
export async function encodeRequest(
  { book, method, requests }: RequestTarget,
  { value, position }: JsonItem,
  number: number,
): Promise<Uint8Array> {
  try {
    const message = await book.decode(method.requestType, value);
    return encodeMessage(book.find(method.requestType), message);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new CommandError(
      `Cannot send message ${number} of ${requests.name} (line ${position.line}): ${cause.message}`,
      { cause },
    );
  }
}

/** @throws JsonError if a required field is missing: JSON alone does not tell */
function encodeMessage(desc: DescMessage, message: Message): Uint8Array {
  try {
    return toBinary(desc, message);
  } catch (cause) {
    throw new JsonError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

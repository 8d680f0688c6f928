import { type DescMessage, fromBinary, type Message } from "@bufbuild/protobuf";
import { Buffer } from "node:buffer";
import { CommandError } from "../cli/mod.ts";
import { JsonError, type JsonValue, mayBeArray } from "../json/mod.ts";
import {
  type CallStatus,
  type Channel,
  type ClientCall,
  Metadata,
  type MethodDefinition,
  RpcError,
  Status,
} from "../rpc/mod.ts";
import type { CallMethod } from "./call_method.ts";
import { encodeRequest } from "./encode_request.ts";
import { readRequests, type RequestSource } from "./request_source.ts";
import type { TypeBook } from "./type_book.ts";

/** What a call is made of. */
export interface CallSession {
  readonly channel: Channel;
  readonly metadata: Metadata;
  readonly method: CallMethod;
  readonly book: TypeBook;
  readonly requests: RequestSource;
  /** Time for the call, in ms. Default: no end. */
  readonly timeoutMs: number | undefined;
  /** Also write fields that are at their defaults. */
  readonly emitDefaults: boolean;
  /** Answers after which the call is cancelled. Default: no end. */
  readonly maxResponses: number | undefined;
  /** Cancels the call. */
  readonly signal: AbortSignal;
  /** Told of the server's headers, before its first answer. */
  onHeaders(headers: Metadata): void;
  /** Told of each answer as it arrives; waited for before the next one is read. */
  onAnswer(answer: JsonValue): Promise<void> | undefined;
}

/** How a call went. */
export interface CallResult {
  readonly status: CallStatus;
  /** What went wrong on this side, with the input or an answer that is no JSON; the call was cancelled for it. */
  readonly failure: unknown;
  /** True if there were as many answers as were wanted, and the rest was cancelled. */
  readonly isCut: boolean;
  readonly sent: number;
  readonly received: number;
  /** From the start of the call to the first answer, and to the end. */
  readonly firstAnswerMs: number | undefined;
  readonly durationMs: number;
}

type OctetsCall = ClientCall<Uint8Array, Uint8Array>;

/**
 * Makes a call of any kind: sends JSON as it arrives and hands out the answers as they arrive, at the same time. Ends
 * when the server ends the call, even if the input is still open.
 *
 * @throws CommandError before the call for a request that is no JSON or does not fit, where the method takes only one
 */
export async function runCall(session: CallSession): Promise<CallResult> {
  const { method, requests, channel, metadata, timeoutMs, signal } = session;
  // Read before the call: what is wrong with the only message is no matter of the server's.
  const only = method.requestStream ? undefined : await readOnlyUnless(signal, session);
  const startedMs = performance.now();
  const call = channel.call(octetsDefinition(method), { metadata, timeoutMs, signal });
  call.status.then(() => requests.close());
  const problem: { failure?: unknown } = {};
  const fail = (error: unknown) => {
    problem.failure ??= error;
    call.cancel("The call was given up");
  };
  const sending = sendAll(session, call, only).catch((error) => {
    if (!call.isDone) fail(error);
  });
  const headers = call.headers.then((headers) => session.onHeaders(headers));
  const answers = await readAnswers(session, call, startedMs).catch((error): Answers => {
    fail(error);
    return { received: call.responses.count, isCut: false, firstAnswerMs: undefined };
  });
  const status = await call.status;
  await Promise.all([sending, headers]);
  const { error, ...counts } = answers;
  return {
    ...counts,
    status: error ?? checkCount(method, status, counts),
    failure: problem.failure,
    sent: call.sentCount,
    durationMs: performance.now() - startedMs,
  };
}

/** Octets as they are: what they mean is found out elsewhere, where it may take time. */
function octetsDefinition(method: CallMethod): MethodDefinition<Uint8Array, Uint8Array> {
  const { path, requestStream, responseStream } = method;
  const toBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
    Buffer.from(buffer, byteOffset, byteLength);
  // Copied: what was received is a view of a buffer that is used again.
  const copy = (octets: Uint8Array) => octets.slice();
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: toBuffer,
    requestDeserialize: copy,
    responseSerialize: toBuffer,
    responseDeserialize: copy,
  };
}

/** Gives up the input when it is interrupted: the read alone would wait for its end. @throws the signal's reason */
async function readOnlyUnless(signal: AbortSignal, session: CallSession): Promise<Uint8Array> {
  const giveUp = () => void session.requests.close();
  signal.addEventListener("abort", giveUp);
  try {
    return await readOnly(session);
  } finally {
    signal.removeEventListener("abort", giveUp);
    // Whatever came of an input that was cut off: none of it is sent, nor at fault.
    signal.throwIfAborted();
  }
}

/** The only message; without one, an empty one, which has no octets. */
async function readOnly(session: CallSession): Promise<Uint8Array> {
  const { method, requests } = session;
  let only: Uint8Array | undefined;
  for await (const item of readRequests(requests, false)) {
    if (only !== undefined) {
      throw new CommandError(
        `Cannot call ${method.service}/${method.name}: it takes one message, ` +
          `and ${requests.name} has another one on line ${item.position.line}`,
      );
    }
    only = await encodeRequest(session, item, 1);
  }
  return only ?? new Uint8Array();
}

async function sendAll(
  session: CallSession,
  call: OctetsCall,
  only: Uint8Array | undefined,
): Promise<void> {
  if (only === undefined) {
    const { book, method, requests } = session;
    const splitsArrays = !mayBeArray(book.find(method.requestType));
    let number = 0;
    for await (const item of readRequests(requests, splitsArrays)) {
      const octets = await encodeRequest(session, item, ++number);
      if (call.isDone) return;
      if (!call.send(octets)) await call.ready();
    }
  } else call.send(only);
  call.end();
}

interface Answers extends Pick<CallResult, "received" | "isCut" | "firstAnswerMs"> {
  /** In place of the call's status: an answer that could not be read. */
  readonly error?: CallStatus;
}

async function readAnswers(
  session: CallSession,
  call: OctetsCall,
  startedMs: number,
): Promise<Answers> {
  const { maxResponses = Infinity } = session;
  let received = 0;
  let firstAnswerMs: number | undefined;
  try {
    for await (const octets of call.responses) {
      firstAnswerMs ??= performance.now() - startedMs;
      received++;
      await session.onAnswer(await decodeAnswer(session, octets));
      if (received < maxResponses) continue;
      call.cancel("There are as many answers as were wanted");
      return { received, isCut: true, firstAnswerMs };
    }
    return { received, isCut: false, firstAnswerMs };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    // The call may not know of it: it is an answer that cannot be read, and more may follow for ever.
    call.cancel("An answer cannot be read");
    const { code, message, details, metadata = new Metadata() } = error;
    const end = { code, message, details, trailers: metadata };
    return { received, isCut: false, firstAnswerMs, error: end };
  }
}

async function decodeAnswer(
  { book, method, emitDefaults }: CallSession,
  octets: Uint8Array,
): Promise<JsonValue> {
  const read = (desc: DescMessage): Message => {
    try {
      return fromBinary(desc, octets);
    } catch (cause) {
      const { typeName } = desc;
      const message = `Cannot decode an answer of ${octets.length} octets: it is no ${typeName}`;
      throw new RpcError(Status.INTERNAL, message, { cause });
    }
  };
  try {
    return await book.encode(method.responseType, read, { emitDefaults });
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new CommandError(`Cannot print an answer as JSON: ${cause.message}`, { cause });
  }
}

/** A call that does not stream has one answer, or an error. */
function checkCount(
  method: CallMethod,
  status: CallStatus,
  { received, isCut }: Pick<CallResult, "received" | "isCut">,
): CallStatus {
  if (method.responseStream || status.code !== Status.OK || received === 1 || isCut) return status;
  const message = `The server gave ${received} answers, the method has one`;
  return { ...status, code: Status.UNIMPLEMENTED, message };
}

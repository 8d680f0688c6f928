import {
  type CallMethod,
  encodeRequest,
  formatDetails,
  runCall,
  type TypeBook,
} from "../calling/mod.ts";
import { formatJson, JsonError, JsonNumber, type JsonValue } from "../json/mod.ts";
import { parseJson } from "../json/parse_json.ts";
import { type CallStatus, type Channel, type Metadata, Status, statusName } from "../rpc/mod.ts";
import type { Schema } from "../schema/mod.ts";
import { describeError } from "../cli/describe_error.ts";
import { listMetadata, readCallMetadata } from "./call_metadata.ts";
import { toCallMethod } from "./call_types.ts";
import { findMethod } from "./find_method.ts";
import { HttpError } from "./http_error.ts";
import { LineBody } from "./line_body.ts";
import { readBody } from "./read_body.ts";

/** Octets that the body of a call may have. */
const MAX_BODY_OCTETS = 4 * 1024 * 1024;
const BODY_TIMEOUT_MS = 10_000;
/** The longest that a call may last, in ms; also the default. */
export const MAX_CALL_MS = 600_000;

/** What calls from the page are made with. */
export interface CallTools {
  readonly schema: Schema;
  readonly book: TypeBook;
  /** Aborts when the page closes. */
  readonly stop: AbortSignal;
  openChannel(): Channel;
}

/** A call as the page asks for it. */
interface AskedCall {
  readonly method: CallMethod;
  readonly messages: readonly JsonValue[];
  readonly metadata: Metadata;
  readonly timeoutMs: number;
}

/**
 * `POST /api/call`: makes a call of any kind, and answers line by line, as things arrive: `headers`, each `answer`, and
 * at last the `status`.
 *
 * @param onEnd called once when the call is over
 * @throws HttpError for what cannot be called, before anything is
 */
export async function answerCall(
  request: Request,
  tools: CallTools,
  onEnd: () => void,
): Promise<ReadableStream<Uint8Array>> {
  const text = await readBody(request, {
    maxOctets: MAX_BODY_OCTETS,
    timeoutMs: BODY_TIMEOUT_MS,
    stop: tools.stop,
  });
  const asked = readCall(request, parse(text), tools);
  await checkMessages(asked, tools);
  const body = new LineBody(tools.stop);
  makeCall(asked, tools, body).catch((error) => body.abandon(String(error))).finally(onEnd);
  return body.stream;
}

function parse(text: string): JsonValue {
  try {
    return parseJson(text);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new HttpError(400, `Cannot read the body as JSON, ${cause.message}`, { cause });
  }
}

/** @throws HttpError 400, 404 */
function readCall(request: Request, value: JsonValue, tools: CallTools): AskedCall {
  if (!(value instanceof Map)) throw wrongBody("it is no object");
  const { method: path = null, messages = [], metadata = [], timeoutMs = null } = Object
    .fromEntries(
      ["method", "messages", "metadata", "timeoutMs"].map((key) => [key, value.get(key)]),
    );
  if (typeof path !== "string") throw wrongBody('"method" is missing, as in "/pkg.Service/Method"');
  if (!Array.isArray(messages)) throw wrongBody('"messages" is no array');
  const method = toCallMethod(findMethod(tools.schema, path));
  if (!method.requestStream && messages.length > 1) {
    throw new HttpError(
      400,
      `Cannot send ${messages.length} messages: ${method.service}/${method.name} takes one`,
    );
  }
  return {
    method,
    messages,
    metadata: readCallMetadata(request, readPairs(metadata)),
    timeoutMs: readTimeout(timeoutMs),
  };
}

function readPairs(value: JsonValue | undefined): [string, string][] {
  const isPair = (item: JsonValue): item is [string, string] =>
    Array.isArray(item) && item.length === 2 && item.every((part) => typeof part === "string");
  if (Array.isArray(value) && value.every(isPair)) return value;
  throw wrongBody('"metadata" is no array of pairs, as in [["name", "value"]]');
}

function readTimeout(value: JsonValue | undefined): number {
  if (value === null || value === undefined) return MAX_CALL_MS;
  const timeoutMs = value instanceof JsonNumber ? Number(value.text) : NaN;
  if (timeoutMs >= 1) return Math.min(timeoutMs, MAX_CALL_MS);
  throw wrongBody('"timeoutMs" is no number of milliseconds above 0');
}

function wrongBody(reason: string): HttpError {
  return new HttpError(400, `Cannot use the body of the call: ${reason}`);
}

/** What does not fit its type is found before the call. @throws HttpError 400 that says which message, and why */
async function checkMessages(
  { method, messages }: AskedCall,
  { book }: CallTools,
): Promise<void> {
  const requests = { name: "the call", chunks: sourceOf([]), close: () => Promise.resolve() };
  for (const [index, value] of messages.entries()) {
    try {
      const position = { line: 1, column: 1 };
      await encodeRequest({ book, method, requests }, { value, position }, index + 1);
    } catch (cause) {
      const reason = cause instanceof Error && cause.cause instanceof JsonError
        ? cause.cause.message
        : String(cause);
      throw new HttpError(400, `Cannot send message ${index + 1}: ${reason}`, { cause });
    }
  }
}

async function* sourceOf(messages: readonly JsonValue[]): AsyncGenerator<string> {
  for (const message of messages) yield `${formatJson(message)}\n`;
}

async function makeCall(asked: AskedCall, tools: CallTools, body: LineBody): Promise<void> {
  using channel = tools.openChannel();
  const write = (line: string) => body.write(`${line}\n`);
  const result = await runCall({
    channel,
    metadata: asked.metadata,
    method: asked.method,
    book: tools.book,
    requests: {
      name: "the call",
      chunks: sourceOf(asked.messages),
      close: () => Promise.resolve(),
    },
    timeoutMs: asked.timeoutMs,
    emitDefaults: true,
    maxResponses: undefined,
    signal: body.signal,
    onHeaders: (headers) => void write(JSON.stringify({ headers: listMetadata(headers) })),
    onAnswer: (answer) => write(`{"answer":${formatJson(answer)}}`),
  });
  const { failure, durationMs } = result;
  const status = failure === undefined ? result.status : {
    ...result.status,
    code: Status.INTERNAL,
    message: describeError(failure),
  };
  const described = await describeCallStatus(status, tools.book, durationMs);
  write(JSON.stringify({ status: described }));
  body.close();
}

/** A status for the page; its details as JSON where their types are known, as text otherwise. */
export async function describeCallStatus(
  { code, message, details, trailers }: CallStatus,
  book: TypeBook,
  durationMs: number,
): Promise<Record<string, unknown>> {
  const lines = await formatDetails(details, book.types);
  return {
    code,
    name: statusName(code),
    message,
    ...(lines.length === 0 ? {} : { details: lines.map(readDetail) }),
    trailers: listMetadata(trailers),
    durationMs,
  };
}

function readDetail(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

import { startSending } from "../../../rpc/call_kinds.ts";
import type { Channel } from "../../../rpc/channel.ts";
import type { CallOptions, CallStatus } from "../../../rpc/call_options.ts";
import type { Handlers, ServerCallContext } from "../../../rpc/handlers.ts";
import type { Metadata } from "../../../rpc/metadata.ts";
import type { MethodDefinition, ServiceDefinition } from "../../../rpc/service_definition.ts";

/** The four kinds of call, by the name of their method. */
export type Kind = "Unary" | "ServerStream" | "ClientStream" | "Bidi";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Messages are text in UTF-8; `unreadable` is one that cannot be encoded. */
function textMethod(kind: Kind): MethodDefinition<string, string> {
  const serialize = (text: string) => {
    if (text === UNREADABLE) throw new Error("this text does not fit");
    return encoder.encode(text);
  };
  const deserialize = (octets: Uint8Array) => decoder.decode(octets);
  return {
    path: `/test.Service/${kind}`,
    requestStream: kind === "ClientStream" || kind === "Bidi",
    responseStream: kind === "ServerStream" || kind === "Bidi",
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
    originalName: kind[0].toLowerCase() + kind.slice(1),
  };
}

/** A message that no codec takes. */
export const UNREADABLE = "\u0000unreadable";

export const METHODS = {
  Unary: textMethod("Unary"),
  ServerStream: textMethod("ServerStream"),
  ClientStream: textMethod("ClientStream"),
  Bidi: textMethod("Bidi"),
} as const satisfies Record<Kind, MethodDefinition<string, string>>;

export const SERVICE = METHODS as ServiceDefinition;

/** What a handler of any kind does, written once: a kind that gives one answer gives the first. */
export type Script = (
  requests: AsyncIterable<string>,
  call: ServerCallContext,
) => AsyncGenerator<string>;

/** The handlers of all four kinds for one script. */
export function handlersFor(script: Script): Handlers {
  return {
    Unary: (request: string, call: ServerCallContext) => firstOf(script(only(request), call)),
    ServerStream: (request: string, call: ServerCallContext) => script(only(request), call),
    ClientStream: (requests: AsyncIterable<string>, call: ServerCallContext) =>
      firstOf(script(requests, call)),
    Bidi: script,
  };
}

async function* only(request: string): AsyncGenerator<string> {
  yield request;
}

async function firstOf(answers: AsyncGenerator<string>): Promise<string> {
  const first = await answers.next();
  await answers.return(undefined);
  return first.done ? "no answer" : first.value;
}

/** What one call came to. */
export interface Outcome {
  readonly answers: string[];
  readonly headers: Metadata;
  readonly status: CallStatus;
}

/** Makes a call of any kind and follows it to its end; never rejects. */
export async function follow(
  channel: Channel,
  kind: Kind,
  requests: AsyncIterable<string> | Iterable<string> = ["hello"],
  options: CallOptions = {},
): Promise<Outcome> {
  const call = channel.call(METHODS[kind], options);
  startSending(call, requests);
  const answers: string[] = [];
  try {
    for await (const answer of call.responses) answers.push(answer);
  } catch {
    // The status tells the same.
  }
  return { answers, headers: await call.headers, status: await call.status };
}

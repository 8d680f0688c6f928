import type {
  Handlers,
  MethodDefinition,
  ServerCallContext,
  ServiceDefinition,
} from "../../rpc/mod.ts";
import { builtinSchema, type MethodSchema, type ServiceSchema } from "../../schema/mod.ts";
import { databrokerHandlers } from "../../services/mod.ts";
import { randomMessage } from "../codegen/random_messages.ts";
import { loadEverything } from "../schema/support.ts";
import { Dice } from "./dice.ts";
import { sampleProtobuf } from "./protobuf_samples.ts";

/** A method that both sides of the fuzz know. */
export interface FuzzMethod {
  readonly definition: MethodDefinition;
  /** Its answers are its requests, octet for octet. */
  readonly isEcho: boolean;
  /** The octets of a message, mostly a readable one. */
  request(dice: Dice): Uint8Array;
  response(dice: Dice): Uint8Array;
}

export interface FuzzService {
  readonly definition: ServiceDefinition;
  readonly handlers: Handlers;
}

/** What servers of the fuzz answer. */
export interface FuzzServices {
  readonly services: readonly FuzzService[];
  readonly methods: readonly FuzzMethod[];
}

/** The databroker, every type of field, and octets as they are. */
export async function loadFuzzServices(): Promise<FuzzServices> {
  const [broker] = (await builtinSchema()).services;
  const [everything] = (await loadEverything()).services;
  return {
    services: [
      { definition: ECHO, handlers: ECHO_HANDLERS },
      { definition: broker.definition, handlers: databrokerHandlers },
      { definition: everything.definition, handlers: EVERYTHING_HANDLERS },
    ],
    methods: [
      ...Object.values(ECHO).map(echoMethod),
      ...messageMethods(broker),
      ...messageMethods(everything),
    ],
  };
}

// Octets as they are.

const asIs = (octets: Uint8Array): Uint8Array => octets;

function rawMethod(name: string): MethodDefinition {
  return {
    path: `/fuzz.Echo/${name}`,
    requestStream: name === "ClientStream" || name === "Bidi",
    responseStream: name === "ServerStream" || name === "Bidi",
    requestSerialize: asIs as (value: unknown) => Uint8Array,
    requestDeserialize: asIs,
    responseSerialize: asIs as (value: unknown) => Uint8Array,
    responseDeserialize: asIs,
  };
}

/** Methods whose messages are octets. */
export const ECHO = {
  Unary: rawMethod("Unary"),
  ServerStream: rawMethod("ServerStream"),
  ClientStream: rawMethod("ClientStream"),
  Bidi: rawMethod("Bidi"),
} as const satisfies ServiceDefinition;

/** The response header with which a handler says that its answers repeat all requests. */
export const ECHO_FIELD = "x-fuzz-echo";

/** What came as metadata goes back as headers and trailers, however odd. */
function reflectMetadata({ metadata, responseHeaders, responseTrailers }: ServerCallContext): void {
  responseHeaders.set(ECHO_FIELD, "all");
  responseHeaders.merge(metadata);
  responseTrailers.merge(metadata);
}

const ECHO_HANDLERS: Handlers = {
  Unary(request: Uint8Array, call: ServerCallContext) {
    reflectMetadata(call);
    return request;
  },
  async *ServerStream(request: Uint8Array, call: ServerCallContext) {
    reflectMetadata(call);
    yield await request;
  },
  async ClientStream(requests: AsyncIterable<Uint8Array>) {
    let octets = 0;
    for await (const request of requests) octets += request.length;
    return new TextEncoder().encode(String(octets));
  },
  async *Bidi(requests: AsyncIterable<Uint8Array>, call: ServerCallContext) {
    reflectMetadata(call);
    yield* requests;
  },
};

function echoMethod(definition: MethodDefinition): FuzzMethod {
  // Some larger than a frame, and together larger than a window.
  const octets = (dice: Dice) =>
    dice.chance(5) ? new Uint8Array(dice.below(40_000)).fill(dice.below(256)) : dice.octets(40);
  const isEcho = !definition.path.endsWith("ClientStream");
  return { definition, isEcho, request: octets, response: octets };
}

// Messages.

const EVERYTHING_HANDLERS: Handlers = {
  async *echo_everything(requests: AsyncIterable<object>) {
    yield* requests;
  },
  async Send(requests: AsyncIterable<object>) {
    let id = 0;
    for await (const _ of requests) id++;
    return { id };
  },
  *Watch(request: object) {
    yield { legacy: request };
  },
  Get: (request: object) => request,
};

/** Readable messages of each type, to begin from. */
const POOL_SIZE = 60;

function messageMethods(service: ServiceSchema): FuzzMethod[] {
  return service.methods.map((method): FuzzMethod => {
    const requests = createPool(method, "request");
    const responses = createPool(method, "response");
    return {
      definition: method.definition,
      isEcho: false,
      request: (dice) => sampleProtobuf(dice, requests),
      response: (dice) => sampleProtobuf(dice, responses),
    };
  });
}

function createPool({ definition, ...method }: MethodSchema, side: "request" | "response") {
  const serialize = side === "request" ? definition.requestSerialize : definition.responseSerialize;
  return Array.from({ length: POOL_SIZE }, (_, index) => {
    const message = randomMessage(method[side], new Dice(1, index).below);
    // proto2's required field.
    const octets = serialize("id" in message ? message : { ...message, id: index });
    return new Uint8Array(octets);
  });
}

import { answerEach, type Handler, RpcServer } from "../../rpc/mod.ts";
import { builtinSchema } from "../../schema/mod.ts";
import type { BrokerRequest, BrokerResponse } from "../../services/mod.ts";
import { MAX_WINDOW_OCTETS, ScriptedClient, toReads, type Written } from "./scripted_client.ts";

const METHOD = "BidirectionalStreaming";
const PATH = `/bidirectional_databroker.BrokerService/${METHOD}`;
/** A prefix, an id below 128 and a true prediction. */
const ANSWER_OCTETS = 5 + 2 + 2;

const HANDLERS = {
  answerEach: answerEach(() => ({ id }: BrokerRequest): BrokerResponse => ({
    id,
    prediction: true,
  })),
  async *generator(requests: AsyncIterable<BrokerRequest>): AsyncGenerator<BrokerResponse> {
    for await (const { id } of requests) yield { id, prediction: true };
  },
} as const;

/** The kinds of handler that a bidirectional method can have. */
export const WAYS = Object.keys(HANDLERS) as (keyof typeof HANDLERS)[];

/** A server, a connection in memory, and one stream of it. */
export class HotPath {
  /** The requests of an exchange, as they follow each other on the stream. */
  readonly body: Uint8Array;
  readonly #client: ScriptedClient;
  readonly #served: Promise<void>;
  readonly #reads: readonly Uint8Array[];
  readonly #answerOctets: number;

  /** Serves one stream with this kind of handler, to exchange so many messages at a time. */
  static async open(way: keyof typeof HANDLERS, messages: number): Promise<HotPath> {
    const server = new RpcServer({
      limits: {
        initialWindowOctets: MAX_WINDOW_OCTETS,
        maxWindowOctets: MAX_WINDOW_OCTETS,
        connectionWindowOctets: MAX_WINDOW_OCTETS,
      },
    });
    const { services: [service] } = await builtinSchema();
    server.addService(service.definition, { [METHOD]: HANDLERS[way] as Handler });
    const client = new ScriptedClient(PATH);
    return new HotPath(client, server.serve(client), messages, encodeRequests(service, messages));
  }

  private constructor(
    client: ScriptedClient,
    served: Promise<void>,
    messages: number,
    body: Uint8Array,
  ) {
    this.#client = client;
    this.#served = served;
    this.#answerOctets = messages * ANSWER_OCTETS;
    this.body = body;
    this.#reads = toReads(body);
  }

  get written(): Written {
    return this.#client.written;
  }

  /** Sends all requests, and waits for all answers. */
  exchange(): Promise<void> {
    return this.#client.exchange(this.#reads, this.#answerOctets);
  }

  async close(): Promise<void> {
    this.#client.close();
    await this.#served;
  }
}

type Service = Awaited<ReturnType<typeof builtinSchema>>["services"][number];

function encodeRequests(service: Service, messages: number): Uint8Array {
  const method = Object.values(service.definition).find(({ path }) => path === PATH);
  if (method === undefined) throw new Error(`Cannot find "${PATH}" in the built-in schema`);
  const pieces = Array.from({ length: messages }, (_, index) => {
    const id = 1 + index % 100;
    const bytes = method.requestSerialize({
      id,
      sensor1: id + 0.5,
      sensor2: -id,
      sensor3: id * 1e3,
      sensor4: 1 / id,
    });
    const prefix = new Uint8Array(5);
    new DataView(prefix.buffer).setUint32(1, bytes.length);
    return [prefix, bytes];
  }).flat();
  const body = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}

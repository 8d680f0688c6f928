import { Buffer } from "node:buffer";
import { type AnswerCycle, createAnswerCycle, endsOf } from "./answer_cycle.ts";
import { LoadConnection, type LoadTarget } from "./load_connection.ts";
import { LoadStream } from "./load_stream.ts";

/** A method under load, on a connection of its own. */
export interface LoadOptions extends LoadTarget {
  /** `/package.Service/Method`. */
  readonly path: string;
  /**
   * One request with its five-octet prefix, or several in a row; sent again and again, so that encoding costs the
   * generator nothing.
   */
  readonly envelope: Uint8Array;
  /** Throws for a wrong answer to request `index` of `envelope`. Default: takes all that are the same each time. */
  readonly check?: (answer: Uint8Array, index: number) => void;
  /** Streams at a time, or unary calls. Default 1. */
  readonly streams?: number;
  /** Requests of all streams that are sent and not answered, at most. Default 20,000. */
  readonly inFlightMessages?: number;
}

const DEFAULTS = { streams: 1, inFlightMessages: 20_000 };
const REPEATED_MESSAGES = 2000;

/**
 * Sends `messages` requests, spread over `streams` streams of one connection, as fast as answers come back; returns the
 * messages/s. Each stream has its part of what is in flight.
 *
 * @throws Error for a wrong answer, a missing one, or a stream that does not end with status 0.
 */
export async function measureThroughput(options: LoadOptions, messages: number): Promise<number> {
  const { streams, inFlightMessages } = { ...DEFAULTS, ...options };
  const load = await Load.open(options, streams);
  const inFlight = Math.max(load.block.messages, Math.floor(inFlightMessages / streams));
  const each = Math.ceil(messages / streams / load.block.messages) * load.block.messages;
  const startedMs = performance.now();
  await Promise.all(load.streams.map(async (stream) => {
    let sent = 0;
    while (stream.answered < each) {
      while (sent < each && sent - stream.answered < inFlight) {
        stream.send(load.block.octets);
        sent += load.block.messages;
      }
      await stream.more();
    }
  }));
  const durationMs = performance.now() - startedMs;
  await load.close();
  return each * streams / durationMs * 1000;
}

/** Sends one request after the answer to the last; returns the round trips in µs, sorted. */
export async function measureLatency(options: LoadOptions, messages: number): Promise<number[]> {
  const load = await Load.open(options, 1);
  const [stream] = load.streams;
  const latencies: number[] = [];
  for (let sent = 0; sent < messages; sent++) {
    const request = load.request(sent);
    const startedMs = performance.now();
    stream.send(request);
    while (stream.answered <= sent) await stream.more();
    latencies.push((performance.now() - startedMs) * 1000);
  }
  await load.close();
  return latencies.sort((left, right) => left - right);
}

/** Makes `calls` unary calls, `streams` at a time on one connection; returns the calls/s. */
export async function measureCalls(options: LoadOptions, calls: number): Promise<number> {
  const { streams } = { ...DEFAULTS, ...options };
  const load = await Load.open(options, 0);
  let started = 0;
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: streams }, async () => {
    while (started < calls) await load.call(started++);
  }));
  const durationMs = performance.now() - startedMs;
  await load.close();
  return calls / durationMs * 1000;
}

/** The streams of one measurement. */
class Load {
  readonly streams: readonly LoadStream[];
  readonly block: { readonly octets: Uint8Array; readonly messages: number };
  readonly #connection: LoadConnection;
  readonly #options: LoadOptions;
  readonly #ends: readonly number[];
  readonly #answers: Uint8Array[] = [];

  /** Connects, lets the server answer each request once to learn its answers, and opens the streams. */
  static async open(options: LoadOptions, streams: number): Promise<Load> {
    const connection = await LoadConnection.open(options);
    const open = (cycle?: AnswerCycle) => new LoadStream(connection, options.path, cycle);
    const learnt = streams === 0 ? undefined : await learnAnswers(open(), options);
    return new Load(connection, options, Array.from({ length: streams }, () => open(learnt)));
  }

  private constructor(
    connection: LoadConnection,
    options: LoadOptions,
    streams: readonly LoadStream[],
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#ends = endsOf(options.envelope);
    this.streams = streams;
    const times = this.#ends.length === 1 ? REPEATED_MESSAGES : 1;
    this.block = { octets: repeat(options.envelope, times), messages: this.#ends.length * times };
  }

  /** A request of the cycle. */
  request(number: number): Uint8Array {
    const index = number % this.#ends.length;
    const start = index === 0 ? 0 : this.#ends[index - 1];
    return this.#options.envelope.subarray(start, this.#ends[index]);
  }

  /** A unary call. @throws Error for an answer that is wrong, or another status than 0 */
  async call(number: number): Promise<void> {
    const stream = new LoadStream(this.#connection, this.#options.path);
    stream.send(this.request(number));
    await stream.finish();
    const index = number % this.#ends.length;
    const octets = stream.collected();
    const known = this.#answers[index];
    if (known !== undefined && Buffer.compare(known, octets) === 0) return;
    createAnswerCycle(octets, (answer) => this.#options.check?.(answer, index));
    this.#answers[index] = octets;
  }

  /** Ends the streams, which have to end with status 0, and the connection. */
  async close(): Promise<void> {
    for (const stream of this.streams) await stream.finish();
    await this.#connection.close();
  }
}

async function learnAnswers(stream: LoadStream, options: LoadOptions): Promise<AnswerCycle> {
  stream.send(options.envelope);
  await stream.finish();
  const cycle = createAnswerCycle(stream.collected(), options.check ?? (() => {}));
  const wanted = endsOf(options.envelope).length;
  if (cycle.ends.length === wanted) return cycle;
  throw new Error(`The server gave ${cycle.ends.length} answers to ${wanted} requests`);
}

function repeat(bytes: Uint8Array, times: number): Uint8Array {
  const block = new Uint8Array(bytes.length * times);
  for (let index = 0; index < times; index++) block.set(bytes, index * bytes.length);
  return block;
}

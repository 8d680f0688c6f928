import { EnvelopeDecoder } from "../rpc/envelope.ts";
import { Http2Connection, type Http2Stream, type StreamListener } from "../rpc/http2/mod.ts";
import { connect } from "../rpc/transport.ts";

/** A stream of the method under load, on a connection of its own. */
export interface LoadOptions {
  readonly port: number;
  /** `/package.Service/Method`. */
  readonly path: string;
  /** One request with its five-octet prefix; sent again and again, so that encoding costs the generator nothing. */
  readonly envelope: Uint8Array;
}

/** Requests that leave in one piece. */
const BLOCK_MESSAGES = 2000;
/** Requests sent and not answered, at most. */
const IN_FLIGHT_MESSAGES = 20_000;

/**
 * Sends `messages` requests on one stream as fast as answers come back, and returns the messages/s.
 *
 * @throws Error if the stream ends before all answers are there.
 */
export async function measureThroughput(options: LoadOptions, messages: number): Promise<number> {
  const load = await LoadStream.open(options);
  const block = repeat(options.envelope, BLOCK_MESSAGES);
  const startedMs = performance.now();
  let sent = 0;
  while (load.answered < messages) {
    while (sent < messages && sent - load.answered < IN_FLIGHT_MESSAGES) {
      load.send(block);
      sent += BLOCK_MESSAGES;
    }
    await load.more();
  }
  const durationMs = performance.now() - startedMs;
  await load.close();
  return messages / durationMs * 1000;
}

/** Sends one request after the answer to the last; returns the round trips in µs, sorted. */
export async function measureLatency(options: LoadOptions, messages: number): Promise<number[]> {
  const load = await LoadStream.open(options);
  const latencies: number[] = [];
  for (let sent = 0; sent < messages; sent++) {
    const startedMs = performance.now();
    load.send(options.envelope);
    while (load.answered <= sent) await load.more();
    latencies.push((performance.now() - startedMs) * 1000);
  }
  await load.close();
  return latencies.sort((left, right) => left - right);
}

function repeat(bytes: Uint8Array, times: number): Uint8Array {
  const block = new Uint8Array(bytes.length * times);
  for (let index = 0; index < times; index++) block.set(bytes, index * bytes.length);
  return block;
}

/** One stream on plain HTTP/2: answers are counted, not decoded. */
class LoadStream implements StreamListener {
  answered = 0;
  readonly #connection: Http2Connection;
  readonly #done: Promise<void>;
  readonly #decoder = new EnvelopeDecoder({ maxMessageOctets: 1 << 22 });
  #stream: Http2Stream | undefined;
  #ended: string | undefined;
  #wake = () => {};

  static async open(options: LoadOptions): Promise<LoadStream> {
    const socket = await connect({ kind: "tcp", hostname: "127.0.0.1", port: options.port });
    const ready = Promise.withResolvers<void>();
    const connection = new Http2Connection(socket, {
      role: "client",
      events: { ready: ready.resolve },
    });
    const done = connection.run();
    await ready.promise;
    const load = new LoadStream(connection, done);
    load.#stream = connection.open([
      { name: ":method", value: "POST" },
      { name: ":scheme", value: "http" },
      { name: ":path", value: options.path },
      { name: ":authority", value: "localhost" },
      { name: "te", value: "trailers" },
      { name: "content-type", value: "application/grpc" },
    ], load);
    return load;
  }

  constructor(connection: Http2Connection, done: Promise<void>) {
    this.#connection = connection;
    this.#done = done;
  }

  send(bytes: Uint8Array): void {
    this.#stream?.output.append(bytes);
    this.#stream?.flush();
  }

  /** Settles when more answers have come. @throws Error if none can come any more. */
  more(): Promise<void> {
    if (this.#ended !== undefined) throw new Error(`The stream ended early: ${this.#ended}`);
    return new Promise((resolve) => this.#wake = resolve);
  }

  async close(): Promise<void> {
    this.#connection.close();
    await this.#done;
  }

  head(): void {}

  data(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
    while (this.#decoder.next()) this.answered++;
    this.#stream?.release(chunk.length, { drained: true });
    this.#wake();
  }

  trailers(): void {
    this.#ended = "the server sent trailers";
    this.#wake();
  }

  writable(): void {}

  closed(cause: { readonly kind: string }): void {
    this.#ended ??= cause.kind;
    this.#wake();
  }
}

/**
 * A live connection of ours in memory, with a scripted peer at its other end and a clock that the test moves.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import {
  type CloseCause,
  type ConnectionOptions,
  type HeaderField,
  Http2Connection,
  type Http2Error,
  type Http2Limits,
  type Http2Stream,
  type KeepAlive,
  type RequestHead,
  type ResponseHead,
  type StreamListener,
} from "../../../rpc/http2/mod.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { createSocketPair, type MemorySocket } from "../../support/memory_socket.ts";
import { ScriptedPeer } from "../../support/scripted_peer.ts";
import { concat, type Fields, headers, PREFACE, settings } from "../../support/wire.ts";
import { withTimeout } from "../../support/with_timeout.ts";

/** Nothing in memory takes longer. */
export const TIMEOUT_MS = 5_000;

/** Keeps what a stream's listener is told. */
export class Recorder implements StreamListener {
  stream: Http2Stream | undefined;
  /** In order: `head 200`, `data 5`, `data 5 end`, `trailers`, `closed finished`. */
  readonly log: string[] = [];
  readonly body: Uint8Array[] = [];
  headFields: readonly HeaderField[] = [];
  trailerFields: readonly HeaderField[] = [];
  cause: CloseCause | undefined;
  writables = 0;
  readonly closedOnce: Promise<CloseCause>;
  readonly #resolveClosed: (cause: CloseCause) => void;
  /** Credits DATA at once. */
  readonly #releases: boolean;
  /** Called by `writable()`. */
  onWritable: () => void = () => {};

  constructor(options: { readonly releases?: boolean } = {}) {
    this.#releases = options.releases ?? true;
    const { promise, resolve } = Promise.withResolvers<CloseCause>();
    this.closedOnce = promise;
    this.#resolveClosed = resolve;
  }

  get octets(): number {
    return this.body.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  head(head: ResponseHead, endStream: boolean): void {
    this.headFields = head.fields;
    this.log.push(`head ${head.status}${endStream ? " end" : ""}`);
  }

  data(chunk: Uint8Array, endStream: boolean): void {
    this.body.push(chunk.slice());
    this.log.push(`data ${chunk.length}${endStream ? " end" : ""}`);
    if (this.#releases) this.stream?.release(chunk.length, { drained: true });
  }

  trailers(fields: readonly HeaderField[]): void {
    this.trailerFields = fields;
    this.log.push("trailers");
  }

  writable(): void {
    this.writables++;
    this.onWritable();
  }

  closed(cause: CloseCause): void {
    assert.equal(this.cause, undefined, "closed() is told once");
    this.cause = cause;
    this.log.push(`closed ${describeCause(cause)}`);
    this.#resolveClosed(cause);
  }

  /** The cause of the close, waited for. */
  waitForClose(): Promise<CloseCause> {
    return withTimeout(this.closedOnce, TIMEOUT_MS, "the stream to close");
  }
}

export function describeCause(cause: CloseCause): string {
  switch (cause.kind) {
    case "reset":
      return `reset ${cause.origin} ${cause.code}`;
    case "connection":
      return `connection ${cause.error.codeName}`;
    default:
      return cause.kind;
  }
}

export interface RigOptions {
  readonly limits?: Partial<Http2Limits>;
  readonly keepAlive?: KeepAlive;
  readonly maxIdleMs?: number;
  readonly maxAgeMs?: number;
  readonly maxAgeGraceMs?: number;
  /** Entries of the peer's SETTINGS; `null` sends none (and no preface). */
  readonly settings?: readonly (readonly [number, number])[] | null;
  /** Whether the peer reads from the start. Default true. */
  readonly reads?: boolean;
  /** Whether the peer acknowledges SETTINGS and PING. Default true. */
  readonly acknowledges?: boolean;
  /** Whether listeners of requests credit DATA at once. Default true. */
  readonly releases?: boolean;
  /** Answers each request; it is recorded anyway. */
  readonly onRequest?: (recorder: Recorder, head: RequestHead, endStream: boolean) => void;
  readonly events?: ConnectionOptions["events"];
}

/** A connection and all that a test asks of it. */
export class Rig implements AsyncDisposable {
  readonly connection: Http2Connection;
  readonly peer: ScriptedPeer;
  readonly clock = new FakeClock();
  /** Our end. */
  readonly socket: MemorySocket;
  readonly peerSocket: MemorySocket;
  /** Listeners of the requests, by stream. */
  readonly requests = new Map<number, Recorder>();
  /** `ready`, `draining`, `closed CODE`; `capacity` is left out. */
  readonly events: string[] = [];
  error: Http2Error | undefined;
  readonly #done: Promise<void>;

  constructor(role: "server" | "client", options: RigOptions) {
    const [ours, theirs] = createSocketPair();
    this.socket = ours;
    this.peerSocket = theirs;
    const { limits, keepAlive, maxIdleMs, maxAgeMs, maxAgeGraceMs, events } = options;
    this.connection = new Http2Connection(ours, {
      role,
      clock: this.clock,
      ...(limits === undefined ? {} : { limits }),
      ...(keepAlive === undefined ? {} : { keepAlive }),
      ...(maxIdleMs === undefined ? {} : { maxIdleMs }),
      ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
      ...(maxAgeGraceMs === undefined ? {} : { maxAgeGraceMs }),
      events: {
        request: (stream, head, endStream) => {
          const recorder = new Recorder({ releases: options.releases ?? true });
          recorder.stream = stream;
          this.requests.set(stream.id, recorder);
          options.onRequest?.(recorder, head, endStream);
          return recorder;
        },
        ready: () => void this.events.push("ready"),
        draining: () => void this.events.push("draining"),
        closed: (error) => {
          this.error = error;
          this.events.push(`closed${error === undefined ? "" : ` ${error.codeName}`}`);
        },
        ...events,
      },
    });
    // The scripted peer reads, writes and closes; no more is asked of its connection.
    this.peer = new ScriptedPeer(theirs as unknown as Deno.Conn, {
      timeoutMs: TIMEOUT_MS,
      acknowledges: options.acknowledges ?? true,
    });
    this.#done = this.connection.run();
  }

  /** The end of `run()`. */
  get done(): Promise<void> {
    return withTimeout(this.#done, TIMEOUT_MS, "the connection to end");
  }

  /** The listener of a request that has arrived. */
  request(streamId: number): Recorder {
    const recorder = this.requests.get(streamId);
    if (recorder === undefined) throw new Error(`No request came on stream ${streamId}`);
    return recorder;
  }

  /** The stream of a request that has arrived. */
  stream(streamId: number): Http2Stream {
    const { stream } = this.request(streamId);
    if (stream === undefined) throw new Error(`The request ${streamId} has no stream`);
    return stream;
  }

  /** Opens a stream of ours (client). */
  open(options: { readonly endStream?: boolean; readonly releases?: boolean } = {}) {
    const recorder = new Recorder({ releases: options.releases ?? true });
    const { endStream = false } = options;
    const stream = this.connection.open(GET_FIELDS, recorder, { endStream });
    recorder.stream = stream;
    return { stream, recorder };
  }

  /** Expects GOAWAY with this code, then the end of the connection. */
  async expectFailure(code: number): Promise<void> {
    await this.peer.expectGoAway(code);
    await this.peer.expectClosed();
    await this.peer.close();
    await this.done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.resume();
    this.peerSocket.resume();
    await this.peer.close();
    this.clock.advance(2000);
    await this.done;
    assert.equal(this.connection.state, "closed");
    assert.equal(this.connection.streams.size, 0);
    assert.equal(this.clock.timerCount, 0);
  }
}

/** A server of ours to whom the scripted client has sent its preface. */
export async function startServer(options: RigOptions = {}): Promise<Rig> {
  const rig = new Rig("server", options);
  if (options.settings !== null) await rig.peer.send(PREFACE, settings(options.settings ?? []));
  if (options.reads ?? true) rig.peer.startReading();
  return rig;
}

/** A client of ours to whom the scripted server has sent its SETTINGS. */
export async function startClient(options: RigOptions = {}): Promise<Rig> {
  const ready = Promise.withResolvers<void>();
  const rig: Rig = new Rig("client", {
    ...options,
    events: {
      ready: () => {
        rig.events.push("ready");
        ready.resolve();
      },
      ...options.events,
    },
  });
  await readPreface(rig.peerSocket);
  if (options.reads ?? true) rig.peer.startReading();
  if (options.settings === null) return rig;
  await rig.peer.send(settings(options.settings ?? []));
  if (options.events?.ready === undefined) {
    await withTimeout(ready.promise, TIMEOUT_MS, "the connection to be ready");
  }
  return rig;
}

async function readPreface(socket: MemorySocket): Promise<void> {
  const received = new Uint8Array(PREFACE.length);
  for (let at = 0; at < received.length;) {
    const count = await withTimeout(socket.read(received.subarray(at)), TIMEOUT_MS, "a preface");
    assert.notEqual(count, null);
    at += count ?? 0;
  }
  assert.deepEqual(received, PREFACE);
}

export const GET: Fields = [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", "/"],
  [":authority", "localhost"],
];

const GET_FIELDS: readonly HeaderField[] = GET.map(([name, value]) => ({ name, value }));

export const POST: Fields = [[":method", "POST"], ...GET.slice(1)];

export const OK: Fields = [[":status", "200"]];

export const OK_FIELDS: readonly HeaderField[] = [{ name: ":status", value: "200" }];

/** A request with a body to come. */
export function post(streamId: number): Uint8Array {
  return headers(streamId, POST);
}

/** A request without a body. */
export function get(streamId: number): Uint8Array {
  return headers(streamId, GET, { endStream: true });
}

/** `octets` that tell where they are from. */
export function pattern(octets: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: octets }, (_, index) => index % 251);
}

export function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concat(chunks);
}

/** Turns of the microtask queue after which a condition that nothing else brings about is given up. */
const MAX_TURNS = 10_000;

/** Waits until what happens in memory, without timers, has made the condition true. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    if (condition()) return;
    await Promise.resolve();
  }
  throw new Error(`Nothing happened any more before this was true: ${condition}`);
}

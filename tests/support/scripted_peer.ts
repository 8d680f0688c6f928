/**
 * An HTTP/2 peer that does exactly what a test tells it, right or wrong, over a raw socket.
 *
 * @module
 */
import {
  describeFrame,
  FrameReader,
  hasFlag,
  numberAt,
  type SeenFrame,
  withoutPadding,
} from "./seen_frames.ts";
import {
  CODE,
  concat,
  FLAG,
  FRAME,
  nameIn,
  ping,
  pingAck,
  PREFACE,
  settings,
  settingsAck,
} from "./wire.ts";
import { withTimeout } from "./with_timeout.ts";

export interface ScriptedPeerOptions {
  /** Entries of the SETTINGS frame that is sent first; `null` sends none. Default: an empty frame. */
  readonly settings?: readonly (readonly [number, number])[] | null;
  /** A client's connection preface. Default true; false sends neither preface nor SETTINGS. */
  readonly preface?: boolean;
  /** Whether SETTINGS and PING are acknowledged without being told. Default true. */
  readonly acknowledges?: boolean;
  /** Whether the socket is read from the start; `startReading()` begins it later. Default true. */
  readonly reads?: boolean;
  /** How long each expectation waits. Default 5000. */
  readonly timeoutMs?: number;
}

/** What `expectHeaders()` found. */
export interface ReceivedHeaders {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  /** The values of one name, in their order. */
  all(name: string): string[];
  /** The first value of one name. */
  get(name: string): string | undefined;
}

export interface ReceivedGoAway {
  readonly lastStreamId: number;
  readonly code: number;
  readonly debug: string;
}

/** Frames that a failure lists, the last ones; a flood test sees thousands. */
const LISTED_FRAMES = 40;

/**
 * One connection. An expectation takes the first frame that it matches and that no expectation took before;
 * frames that it passes over stay for others. So the order in which a test asks is free, and each frame
 * answers one question. An expectation that the closed connection can no longer meet fails at once.
 *
 * The peer never opens its windows by itself: send `windowUpdate(…)`, or begin with a large
 * INITIAL_WINDOW_SIZE.
 *
 * @example
 * ```ts
 * await using peer = await connectScripted(server.port);
 * await peer.send(headers(1, grpcRequest("/broker.interop.Interop/Missing"), { endStream: true }));
 * assert.equal((await peer.expectHeaders(1)).get("grpc-status"), "12");
 * await peer.roundTrip(); // The connection lives on.
 * ```
 */
export class ScriptedPeer implements AsyncDisposable {
  /** Every frame so far, taken or not. */
  readonly frames: SeenFrame[] = [];
  readonly #connection: Deno.Conn;
  readonly #acknowledges: boolean;
  readonly #timeoutMs: number;
  readonly #reader = new FrameReader();
  #untaken: SeenFrame[] = [];
  #reading: Promise<void> | undefined;
  /** Why nothing more will come, once that is so. */
  #ending: string | undefined;
  #changed = Promise.withResolvers<void>();
  #roundTrips = 0;

  /** Prefer `connectScripted()` and `listenScripted()`, which also speak the preface. */
  constructor(connection: Deno.Conn, options: ScriptedPeerOptions = {}) {
    this.#connection = connection;
    this.#acknowledges = options.acknowledges ?? true;
    this.#timeoutMs = options.timeoutMs ?? 5_000;
  }

  /** Writes the chunks in one go, so that they arrive together. Rejects if the peer has closed. */
  async send(...chunks: Uint8Array[]): Promise<void> {
    let rest: Uint8Array = concat(chunks);
    while (rest.length > 0) rest = rest.subarray(await this.#connection.write(rest));
  }

  /** As `send()`, but tells whether it worked: for floods, which a good peer cuts off. */
  async trySend(...chunks: Uint8Array[]): Promise<boolean> {
    try {
      await this.send(...chunks);
      return true;
    } catch {
      return false;
    }
  }

  /** The first untaken frame of this type for which the predicate holds. */
  expectFrame(
    type: number,
    predicate: (frame: SeenFrame) => boolean = () => true,
    what = nameIn(FRAME, type),
  ): Promise<SeenFrame> {
    return this.#take(what, (frame) => frame.type === type && predicate(frame));
  }

  async expectHeaders(streamId: number): Promise<ReceivedHeaders> {
    const frame = await this.expectFrame(
      FRAME.HEADERS,
      (candidate) => candidate.streamId === streamId,
      `HEADERS on stream ${streamId}`,
    );
    const fields = frame.fields ?? [];
    const all = (name: string) =>
      fields.filter((field) => field.name === name).map(({ value }) => value);
    return {
      streamId,
      endStream: hasFlag(frame, FLAG.END_STREAM),
      fields,
      all,
      get: (name) => all(name)[0],
    };
  }

  /** Takes DATA frames until they hold at least `octets`, less padding, or one ends the stream. */
  async expectData(streamId: number, octets: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let received = 0;
    while (received < octets) {
      const what = `DATA on stream ${streamId} (${received} of ${octets} octets came)`;
      const frame = await this.expectFrame(
        FRAME.DATA,
        (candidate) => candidate.streamId === streamId,
        what,
      );
      chunks.push(withoutPadding(frame));
      received += chunks.at(-1)?.length ?? 0;
      if (hasFlag(frame, FLAG.END_STREAM)) break;
    }
    return concat(chunks);
  }

  /** Waits for GOAWAY with this code; one with another code stays, as a graceful one may come first. */
  async expectGoAway(code: number): Promise<ReceivedGoAway> {
    const frame = await this.expectFrame(
      FRAME.GOAWAY,
      (candidate) => numberAt(candidate, 4) === code,
      `GOAWAY with ${nameIn(CODE, code)}`,
    );
    const debug = new TextDecoder().decode(frame.payload.subarray(8));
    return { lastStreamId: numberAt(frame, 0), code, debug };
  }

  /** Waits for RST_STREAM on this stream; fails at once if it has another code. */
  async expectReset(streamId: number, code: number): Promise<void> {
    const what = `RST_STREAM on stream ${streamId} with ${nameIn(CODE, code)}`;
    const frame = await this.expectFrame(
      FRAME.RST_STREAM,
      (candidate) => candidate.streamId === streamId,
      what,
    );
    if (numberAt(frame, 0) !== code) throw this.#failure(`Expected ${what}`);
  }

  /** Waits until the peer has closed the connection, in order or not. */
  async expectClosed(): Promise<void> {
    if (!await this.#wait(() => this.#ending !== undefined)) {
      throw this.#failure(`Expected the connection to close within ${this.#timeoutMs} ms`);
    }
  }

  /** Fails if an untaken frame matches. Says nothing of what is still under way: `roundTrip()` first. */
  expectNone(type: number, predicate: (frame: SeenFrame) => boolean = () => true): void {
    const unwanted = this.#untaken.find((frame) => frame.type === type && predicate(frame));
    if (unwanted !== undefined) throw this.#failure(`Expected no ${describeFrame(unwanted)}`);
  }

  /** Sends PING and waits for its answer: the peer lives and has handled all that was sent before. */
  async roundTrip(): Promise<void> {
    const opaque = new TextEncoder().encode(`trip${String(++this.#roundTrips).padStart(4, "0")}`);
    await this.send(ping(opaque));
    await this.expectFrame(
      FRAME.PING,
      (frame) => hasFlag(frame, FLAG.ACK) && isEqual(frame.payload, opaque),
      "the answer to PING",
    );
  }

  /** Begins to read, where `reads: false` held it back. */
  startReading(): void {
    this.#reading ??= this.#readAll();
  }

  /** Half-closes: the peer reads an end of input, we still read. */
  async closeWrite(): Promise<void> {
    await this.#connection.closeWrite();
  }

  /** Cuts the connection, at once and without GOAWAY. */
  async close(): Promise<void> {
    try {
      this.#connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    await this.#reading;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #readAll(): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        const octets = await this.#connection.read(buffer);
        if (octets === null) break;
        for (const frame of this.#reader.push(buffer.subarray(0, octets))) {
          await this.#receive(frame);
        }
      }
      this.#end("the peer closed the connection");
    } catch (error) {
      this.#end(`reading failed: ${error}`);
    }
  }

  async #receive(frame: SeenFrame): Promise<void> {
    this.frames.push(frame);
    this.#untaken.push(frame);
    this.#announceChange();
    if (!this.#acknowledges || hasFlag(frame, FLAG.ACK)) return;
    if (frame.type === FRAME.SETTINGS) await this.trySend(settingsAck());
    if (frame.type === FRAME.PING) await this.trySend(pingAck(frame.payload));
  }

  #end(reason: string): void {
    this.#ending = reason;
    this.#announceChange();
  }

  #announceChange(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #take(what: string, matches: (frame: SeenFrame) => boolean): Promise<SeenFrame> {
    let found: SeenFrame | undefined;
    await this.#wait(() => {
      found = this.#untaken.find(matches);
      return found !== undefined || this.#ending !== undefined;
    });
    if (found !== undefined) {
      this.#untaken.splice(this.#untaken.indexOf(found), 1);
      return found;
    }
    const within = this.#ending === undefined ? ` within ${this.#timeoutMs} ms` : "";
    throw this.#failure(`Expected ${what}${within}`);
  }

  /** Waits until the condition holds; false if the time is up before. */
  async #wait(condition: () => boolean): Promise<boolean> {
    let isTimeUp = false;
    const timer = setTimeout(() => {
      isTimeUp = true;
      this.#announceChange();
    }, this.#timeoutMs);
    try {
      while (!condition()) {
        if (isTimeUp) return false;
        await this.#changed.promise;
      }
      return true;
    } finally {
      clearTimeout(timer);
    }
  }

  #failure(expected: string): Error {
    const listed = this.frames.slice(-LISTED_FRAMES).map((frame) => `  ${describeFrame(frame)}`);
    const hidden = this.frames.length - listed.length;
    if (hidden > 0) listed.unshift(`  … ${hidden} before these`);
    if (listed.length === 0) listed.push("  none");
    const state = this.#ending ?? "the connection is open";
    return new Error(`${expected}; ${state}; frames seen:\n${listed.join("\n")}`);
  }
}

/** Connects to a server, at a port of 127.0.0.1 or a Unix socket, and sends preface and SETTINGS. */
export async function connectScripted(
  where: number | { readonly path: string },
  options: ScriptedPeerOptions = {},
): Promise<ScriptedPeer> {
  const connection = typeof where === "number"
    ? await Deno.connect({ hostname: "127.0.0.1", port: where })
    : await Deno.connect({ transport: "unix", path: where.path });
  if ("setNoDelay" in connection) connection.setNoDelay();
  const peer = new ScriptedPeer(connection, options);
  try {
    if (options.preface !== false) await peer.send(PREFACE, openingSettings(options));
  } catch (error) {
    await peer.close();
    throw error;
  }
  if (options.reads !== false) peer.startReading();
  return peer;
}

/** A scripted server that waits for connections. */
export interface ScriptedListener extends AsyncDisposable {
  readonly port: number;
  /** The next connection, after its preface came and our SETTINGS went. The test closes it. */
  accept(options?: ScriptedPeerOptions): Promise<ScriptedPeer>;
}

/** Listens on a free port of 127.0.0.1 as a server whose every answer is the test's. */
export function listenScripted(): ScriptedListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return {
    port: listener.addr.port,
    accept: (options = {}) => acceptScripted(listener, options),
    [Symbol.asyncDispose]: () => Promise.resolve(listener.close()),
  };
}

async function acceptScripted(
  listener: Deno.TcpListener,
  options: ScriptedPeerOptions,
): Promise<ScriptedPeer> {
  const timeoutMs = options.timeoutMs ?? 5_000;
  const connection = await withTimeout(listener.accept(), timeoutMs, "a client to connect");
  connection.setNoDelay();
  const peer = new ScriptedPeer(connection, options);
  try {
    await withTimeout(expectPreface(connection), timeoutMs, "the client's preface");
    await peer.send(openingSettings(options));
  } catch (error) {
    await peer.close();
    throw error;
  }
  if (options.reads !== false) peer.startReading();
  return peer;
}

function openingSettings(options: ScriptedPeerOptions): Uint8Array {
  return options.settings === null ? new Uint8Array(0) : settings(options.settings ?? []);
}

async function expectPreface(connection: Deno.Conn): Promise<void> {
  const received = new Uint8Array(PREFACE.length);
  for (let length = 0; length < received.length;) {
    const octets = await connection.read(received.subarray(length));
    if (octets === null) throw new Error("The client closed the connection before its preface");
    length += octets;
  }
  if (!isEqual(received, PREFACE)) {
    const text = JSON.stringify(new TextDecoder().decode(received));
    throw new Error(`Expected the HTTP/2 preface, the client began with ${text}`);
  }
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((octet, index) => octet === right[index]);
}

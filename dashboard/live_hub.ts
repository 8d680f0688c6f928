import { summarizeDurations } from "./duration_buckets.ts";
import { HttpError } from "./http_error.ts";
import type { Places } from "./places.ts";
import type { SampleBatch, ServerWatch } from "./server_watch.ts";
import { type MethodStats, type StatsSnapshot, sumTraffic } from "./stats_snapshot.ts";

const STATS_MS = 1000;
/** Ticks between two comments that keep the connection alive. */
const TICKS_PER_COMMENT = 15;
/** Octets that wait for a subscriber; what comes while there are more is dropped. */
const HIGH_WATER_OCTETS = 262_144;
/** A subscriber that takes nothing for so long has gone, in ms. */
const STALL_MS = 30_000;

/** Who subscribes. */
export interface Subscription {
  /** The method whose messages are of interest. */
  readonly methodPath: string | undefined;
  /** Asked each second: one who may no longer ask is told no more. */
  isAllowed(): boolean;
}

/**
 * Sends statistics each second, and samples of messages, to whoever subscribes: as `text/event-stream`. Counts nothing
 * and asks for nothing as long as nobody does.
 */
export class LiveHub {
  readonly #watch: ServerWatch;
  readonly #places: Places;
  readonly #subscribers = new Set<Subscriber>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #ticks = 0;
  #isClosed = false;

  constructor(watch: ServerWatch, places: Places) {
    this.#watch = watch;
    this.#places = places;
  }

  /** The events of one subscriber. @throws HttpError 429 if there are too many, 503 when the server stops */
  subscribe(subscription: Subscription): ReadableStream<Uint8Array> {
    if (this.#isClosed) throw new HttpError(503, "The server stops: ask again when it is back");
    const leave = this.#places.take();
    const { methodPath } = subscription;
    const subscriber: Subscriber = new Subscriber(subscription, () => {
      stopWatching();
      leave();
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
    const stopWatching = methodPath === undefined
      ? () => {}
      : this.#watch.watch(methodPath, (batch) => subscriber.sendSamples(batch));
    this.#subscribers.add(subscriber);
    this.#timer ??= setInterval(() => this.#tick(), STATS_MS);
    // The first one does not wait for the next tick.
    this.#sendStats([subscriber]);
    return subscriber.stream;
  }

  /** Says good-bye to all. */
  close(): void {
    this.#isClosed = true;
    const bye = encodeEvent("bye", {});
    for (const subscriber of [...this.#subscribers]) subscriber.end(bye);
  }

  #tick(): void {
    this.#ticks++;
    for (const subscriber of [...this.#subscribers]) {
      if (!subscriber.check()) continue;
      if (this.#ticks % TICKS_PER_COMMENT === 0) subscriber.send(encodeComment("still here"));
    }
    this.#sendStats([...this.#subscribers]);
  }

  async #sendStats(subscribers: readonly Subscriber[]): Promise<void> {
    if (subscribers.length === 0) return;
    let event: Uint8Array;
    try {
      event = encodeEvent("stats", describeStats(await this.#watch.snapshot()));
    } catch {
      // A worker that is being replaced has no counts; the next second has.
      return;
    }
    for (const subscriber of subscribers) subscriber.send(event);
  }
}

/** One who is told, as fast as it reads: what it does not take is dropped, not kept. */
class Subscriber {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #subscription: Subscription;
  readonly #onEnd: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #skipped = 0;
  #isEnded = false;
  /** Since when it takes nothing, by `performance.now()`. */
  #stalledMs: number | undefined;

  constructor(subscription: Subscription, onEnd: () => void) {
    this.#subscription = subscription;
    this.#onEnd = onEnd;
    this.stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        this.#stalledMs = undefined;
      },
      cancel: () => this.#finish(),
    }, { highWaterMark: HIGH_WATER_OCTETS, size: (chunk) => chunk.length });
  }

  /** False, and its end, if it may ask no more or has stopped reading. */
  check(): boolean {
    const stalledMs = this.#stalledMs === undefined ? 0 : performance.now() - this.#stalledMs;
    if (this.#subscription.isAllowed() && stalledMs < STALL_MS) return true;
    this.end();
    return false;
  }

  /** False if it was dropped. */
  send(event: Uint8Array): boolean {
    if (this.#isEnded || this.#controller === undefined) return false;
    if ((this.#controller.desiredSize ?? 0) <= 0) {
      this.#stalledMs ??= performance.now();
      return false;
    }
    this.#controller.enqueue(event);
    return true;
  }

  sendSamples(batch: SampleBatch): void {
    const event = this.#skipped === 0
      ? encodeSamples(batch)
      : encodeEvent("samples", { ...batch, skipped: batch.skipped + this.#skipped });
    if (this.send(event)) this.#skipped = 0;
    else this.#skipped += batch.skipped + batch.samples.length;
  }

  end(last?: Uint8Array): void {
    if (this.#isEnded) return;
    if (last !== undefined) this.send(last);
    const controller = this.#controller;
    this.#finish();
    controller?.close();
  }

  #finish(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd();
  }
}

/** What the page is told: totals, of which it makes rates. */
export function describeStats(snapshot: StatsSnapshot): Record<string, unknown> {
  const { methods, ...rest } = snapshot;
  return {
    ...rest,
    received: sumTraffic(methods, "received"),
    sent: sumTraffic(methods, "sent"),
    methods: methods.filter(isOfInterest).map((method) => ({
      path: method.path,
      started: method.started,
      ended: method.ended,
      running: method.running,
      received: method.received.messages,
      sent: method.sent.messages,
      codes: method.codes,
      durationMs: summarizeDurations(method.recent, method.recentMaxMs),
    })),
  };
}

/** Health and reflection are there on every server; whether they are called is of interest. */
function isOfInterest({ path, started }: MethodStats): boolean {
  return started > 0 || !/^\/grpc\.(?:health|reflection)\./.test(path);
}

const encoder = new TextEncoder();

/** The same batch goes to all who watch the method. */
const encodedBatches = new WeakMap<SampleBatch, Uint8Array>();

function encodeSamples(batch: SampleBatch): Uint8Array {
  let event = encodedBatches.get(batch);
  if (event === undefined) {
    event = encodeEvent("samples", batch);
    encodedBatches.set(batch, event);
  }
  return event;
}

/** JSON has no line breaks, so that the data is one line. */
function encodeEvent(name: string, data: unknown): Uint8Array {
  return encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

function encodeComment(text: string): Uint8Array {
  return encoder.encode(`: ${text}\n\n`);
}

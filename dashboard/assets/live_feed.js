import { ApiError } from "./api.js";

/** Waits before a new attempt: doubled each time, with up to half of it off so that pages do not come all at once. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
/** Silence after which the connection counts as dead; the server sends statistics each second. */
const SILENCE_MS = 20_000;
/** Time in a hidden tab after which the page lets go, so that the server does nothing for nobody. */
const HIDDEN_MS = 60_000;

/**
 * @typedef {{ kind: "connecting" | "open" | "paused" | "needs_token" }
 *   | { kind: "refused", message: string }
 *   | { kind: "waiting", message: string, untilMs: number }} FeedState
 */

/**
 * What a feed tells of.
 *
 * @typedef {{
 *   onState: (state: FeedState) => void,
 *   onServer: (server: import("./api.js").Server) => void,
 *   onStats: (stats: import("./api.js").Stats) => void,
 *   onSamples: (samples: import("./api.js").Samples) => void,
 * }} FeedListener
 */

/** The live data of the server; reconnects by itself. */
export class LiveFeed {
  #api;
  #listener;
  /** @type {string | undefined} */
  #watched;
  #attempt = new AbortController();
  /** False until the watched method has been asked for: a change before needs no new request. */
  #hasAsked = false;
  #wake = Promise.withResolvers();

  /**
   * @param {import("./api.js").Api} api
   * @param {FeedListener} listener
   */
  constructor(api, listener) {
    this.#api = api;
    this.#listener = listener;
  }

  /** Connects, and goes on for as long as the page is there. */
  async start() {
    this.#listenToThePage();
    this.#listener.onState({ kind: "connecting" });
    let failures = 0;
    for (;;) {
      const startedMs = performance.now();
      const error = await this.#connect().then(() => undefined, (error) => error);
      if (this.#attempt.signal.aborted) {
        // The page asked for another method, or woke up: at once, and no failure.
        this.#attempt = new AbortController();
        failures = 0;
        if (!document.hidden) continue;
      }
      if (performance.now() - startedMs > LONGEST_WAIT_MS) failures = 0;
      await this.#pause(error, failures++);
    }
  }

  /**
   * Asks for samples of a method.
   *
   * @param {string | undefined} path
   */
  watch(path) {
    if (path === this.#watched) return;
    this.#watched = path;
    if (this.#hasAsked) this.retryNow();
  }

  /** Connects anew, without waiting. */
  retryNow() {
    this.#attempt.abort();
    this.#wake.resolve(undefined);
  }

  async #connect() {
    const { signal } = this.#attempt;
    this.#hasAsked = false;
    const server = await this.#api.server(signal);
    this.#listener.onServer(server);
    let silence = 0;
    const expectData = () => {
      clearTimeout(silence);
      silence = setTimeout(() => this.retryNow(), SILENCE_MS);
    };
    expectData();
    this.#hasAsked = true;
    try {
      for await (const { event, data } of this.#api.live(this.#watched, signal)) {
        expectData();
        this.#take(event, data);
      }
    } finally {
      clearTimeout(silence);
    }
  }

  /**
   * @param {string} event
   * @param {any} data
   */
  #take(event, data) {
    if (event === "stats") {
      this.#listener.onState({ kind: "open" });
      this.#listener.onStats(data);
    } else if (event === "samples") {
      this.#listener.onSamples(data);
    } else if (event === "bye") {
      throw new ApiError("The server has stopped", 0);
    }
  }

  /**
   * Waits until it makes sense to try again.
   *
   * @param {unknown} error
   * @param {number} failures before this one
   */
  async #pause(error, failures) {
    this.#wake = Promise.withResolvers();
    const status = error instanceof ApiError ? error.status : 0;
    if (document.hidden && !(error instanceof ApiError)) {
      this.#listener.onState({ kind: "paused" });
    } else if (status === 401) {
      this.#listener.onState({ kind: "needs_token" });
    } else if (status === 403 || status === 421 || status === 404) {
      this.#listener.onState({ kind: "refused", message: messageOf(error) });
    } else {
      const longestMs = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
      const waitMs = longestMs * (1 - Math.random() / 2);
      this.#listener.onState({
        kind: "waiting",
        message: status === 0 ? "The connection to the server is lost" : messageOf(error),
        untilMs: Date.now() + waitMs,
      });
      setTimeout(this.#wake.resolve, waitMs);
    }
    await this.#wake.promise;
    this.#attempt = new AbortController();
  }

  #listenToThePage() {
    let hidden = 0;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(hidden);
      if (document.hidden) hidden = setTimeout(() => this.#attempt.abort(), HIDDEN_MS);
      else this.#wake.resolve(undefined);
    });
    addEventListener("online", () => this.#wake.resolve(undefined));
  }
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

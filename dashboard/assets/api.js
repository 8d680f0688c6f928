import { readEvents, readLines } from "./read_stream.js";

/**
 * What `GET /api/server` says.
 *
 * @typedef {"unary" | "server_streaming" | "client_streaming" | "bidi_streaming"} MethodKind
 * @typedef {{
 *   name: string, path: string, kind: MethodKind, request: string, response: string, template: unknown,
 *   numericFields: { request: string[], response: string[] }, comment?: string,
 * }} Method
 * @typedef {{ name: string, methods: Method[], comment?: string }} Service
 * @typedef {{ name: string, number: number, type: string, label: string, comment?: string }} Field
 * @typedef {{ name: string, fields: Field[], comment?: string }} Message
 * @typedef {{ name: string, values: { name: string, number: number }[], comment?: string }} Enum
 * @typedef {{
 *   name: string, version: string, address: string, tls: boolean, tokenNeeded: boolean, readOnly: boolean,
 *   workers: number, services: Service[], messages: Message[], enums: Enum[],
 * }} Server
 */

/**
 * What `GET /api/live` sends.
 *
 * @typedef {{ messages: number, octets: number }} Traffic
 * @typedef {{
 *   path: string, started: number, ended: number, running: number, received: number, sent: number,
 *   codes: Record<string, number>, durationMs?: { p50: number, p95: number, p99: number, max: number },
 * }} MethodStats
 * @typedef {{
 *   atMs: number, uptimeMs: number, connections: number, streams: number, running: number,
 *   received: Traffic, sent: Traffic, methods: MethodStats[],
 *   memory?: { rssOctets: number, heapOctets: number }, eventLoopLagMs?: number,
 * }} Stats
 * @typedef {Record<string, unknown>} Json
 * @typedef {{ call: number, index: number, atMs: number, request?: Json, response?: Json }} Sample
 * @typedef {{ method: string, samples: Sample[], skipped: number }} Samples
 */

/**
 * What calls answer.
 *
 * @typedef {[name: string, value: string][]} Pairs
 * @typedef {{
 *   code: number, name: string, message: string, details?: unknown[], trailers?: Pairs, durationMs?: number,
 * }} Status
 * @typedef {{ method: string, messages: unknown[], metadata: Pairs, timeoutMs?: number }} CallBody
 */

/** A request that the server answered with an error, or that did not reach it (`status` 0). */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status of HTTP
   */
  constructor(message, status) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/**
 * The HTTP API of `broker serve`.
 *
 * @param {() => string | undefined} readToken the bearer token, if the user gave one
 */
export function createApi(readToken) {
  /**
   * @param {string} path
   * @param {RequestInit} [init]
   */
  const request = async (path, init = {}) => {
    const headers = new Headers(init.headers);
    const token = readToken();
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    const response = await fetch(path, { ...init, headers, cache: "no-store" }).catch((cause) => {
      if (init.signal?.aborted) throw cause;
      throw new ApiError("The server cannot be reached", 0);
    });
    if (!response.ok) throw new ApiError(await readError(response), response.status);
    if (response.body === null) throw new ApiError("The server sent nothing", response.status);
    return { response, body: response.body };
  };
  return {
    /**
     * @param {AbortSignal} signal
     * @returns {Promise<Server>}
     */
    async server(signal) {
      const { response } = await request("/api/server", { signal });
      return await response.json();
    },
    /**
     * Statistics each second, and samples of the method that is watched, until the server ends it.
     *
     * @param {string | undefined} watch path of a method
     * @param {AbortSignal} signal
     */
    async *live(watch, signal) {
      const query = watch === undefined ? "" : `?watch=${encodeURIComponent(watch)}`;
      const { body } = await request(`/api/live${query}`, { signal });
      yield* readEvents(body);
    },
    /**
     * Makes a call; what it answers comes as it arrives.
     *
     * @param {CallBody} call
     * @param {AbortSignal} signal aborting cancels the call
     */
    async *call(call, signal) {
      const { body } = await request("/api/call", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(call),
        signal,
      });
      for await (const line of readLines(body)) yield JSON.parse(line);
    },
    /**
     * Streams a CSV file through a method; plan, answers and status come as they arrive.
     *
     * @param {{ path: string, file: File }} upload
     * @param {AbortSignal} signal aborting cancels the call
     */
    async *stream({ path, file }, signal) {
      const query = new URLSearchParams({ method: path, file: file.name });
      const { body } = await request(`/api/stream?${query}`, {
        method: "POST",
        headers: { "content-type": "text/csv" },
        body: file,
        signal,
      });
      for await (const line of readLines(body)) yield JSON.parse(line);
    },
  };
}

/** @typedef {ReturnType<typeof createApi>} Api */

/** @param {Response} response */
async function readError(response) {
  const text = await response.text().catch(() => "");
  try {
    const { error } = JSON.parse(text);
    if (typeof error === "string") return error;
  } catch {
    // Not ours: a proxy's page, perhaps. Its text would say little.
  }
  return `The server answered ${response.status} ${response.statusText}`.trimEnd();
}

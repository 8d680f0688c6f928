/** A server with its page, both in this process, and the ways in which tests ask the page. */
import assert from "node:assert/strict";
import { type DashboardOptions, LocalWatch, openDashboard } from "../../dashboard/mod.ts";
import { requireToken, TokenSet } from "../../interceptors/mod.ts";
import { Channel, formatAddress, type Handlers, RpcServer } from "../../rpc/mod.ts";
import { loadSchema, type Schema } from "../../schema/mod.ts";
import { createStandardServices, findHandlers } from "../../services/mod.ts";
import { repositoryPath } from "../support/paths.ts";
import { withTimeout } from "../support/with_timeout.ts";
import * as stationHandlers from "../testdata/call/handlers.ts";

const TIMEOUT_MS = 10_000;

/** The paths of station.proto. */
export const STATION = "/station.v1.Station";

/** A server with a page. `await using` ends both. */
export interface PageServer extends AsyncDisposable {
  readonly url: string;
  readonly server: RpcServer;
  readonly schema: Schema;
  readonly watch: LocalWatch;
  /** A channel to the server itself. */
  readonly channel: Channel;
  readonly tokens: TokenSet;
  /** What went wrong in the page. */
  readonly failures: readonly unknown[];
  get(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: BodyInit, init?: RequestInit): Promise<Response>;
  /** The lines of `/api/call`. */
  call(body: unknown, init?: RequestInit): Promise<Line[]>;
  close(): Promise<void>;
}

/** A line of NDJSON. */
// deno-lint-ignore no-explicit-any -- what a test looks into, and asserts
export type Line = any;

export interface PageServerOptions extends Partial<DashboardOptions> {
  /** Default: those of testdata/call. */
  readonly handlers?: Readonly<Record<string, Handlers[string]>>;
  /** Tokens that calls and the page need. Default none. */
  readonly tokens?: readonly string[];
}

export async function startPage(options: PageServerOptions = {}): Promise<PageServer> {
  const { tokens: wanted = [], handlers, ...others } = options;
  const schema = await loadSchema([repositoryPath("tests/testdata/call/main.proto")]);
  const tokens = new TokenSet(wanted.length > 0 ? wanted : ["unused"]);
  const isOpen = wanted.length === 0;
  const server = new RpcServer({ interceptors: isOpen ? [] : [requireToken(tokens)] });
  for (const service of schema.services) {
    const module = { ...stationHandlers, ...handlers };
    server.addService(
      service.definition,
      findHandlers(module, service, schema.services).handlers,
    );
  }
  const standard = createStandardServices(schema);
  for (const { definition, handlers } of standard.services) server.addService(definition, handlers);
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  const watch = new LocalWatch(server);
  const failures: unknown[] = [];
  const page = openDashboard({
    hostname: "127.0.0.1",
    port: 0,
    watch,
    schema,
    address,
    hasTls: false,
    takesToken: isOpen ? undefined : (token) => tokens.has(token),
    onError: (error) => failures.push(error),
    ...others,
  });
  const channel = new Channel(formatAddress(address));
  const get = (path: string, init: RequestInit = {}) =>
    withTimeout(fetch(page.url + path, init), TIMEOUT_MS, `the answer of ${path}`);
  const post = (path: string, body: BodyInit, init: RequestInit = {}) =>
    get(path, { ...init, method: "POST", body });
  let closing: Promise<void> | undefined;
  const close = async () => {
    channel.close();
    standard.stop();
    await page.close();
    watch.close();
    await server.shutdown({ graceMs: 100 });
  };
  return {
    url: page.url,
    server,
    schema,
    watch,
    channel,
    tokens,
    failures,
    get,
    post,
    async call(body, init) {
      const response = await post("/api/call", JSON.stringify(body), init);
      assert.equal(response.status, 200, await response.clone().text());
      return await readLines(response);
    },
    close: () => closing ??= withTimeout(close(), TIMEOUT_MS, "the page to close"),
    async [Symbol.asyncDispose]() {
      await (closing ??= withTimeout(close(), TIMEOUT_MS, "the page to close"));
      assert.deepEqual(failures, []);
    },
  };
}

/** All lines of an answer. */
export async function readLines(response: Response): Promise<Line[]> {
  const text = await withTimeout(response.text(), TIMEOUT_MS, "the end of the answer");
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** `{ "error": … }` */
export async function readError(response: Response): Promise<string> {
  const { error } = await response.json();
  assert.equal(typeof error, "string");
  return error;
}

/** Events of `/api/live`, one after the other. */
export interface Events extends AsyncDisposable {
  /** The next event of that name; undefined when the server ended the answer before. */
  next(name: "stats" | "samples" | "bye"): Promise<Line | undefined>;
}

export function openEvents(response: Response): Events {
  assert.equal(response.status, 200);
  const reader = (response.body ?? new ReadableStream())
    .pipeThrough(new TextDecoderStream() as never).getReader() as ReadableStreamDefaultReader<
      string
    >;
  let text = "";
  const read = async (name: string) => {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end < 0) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        text += value;
        continue;
      }
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      const [, found, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
      if (found === name) return JSON.parse(data);
    }
  };
  return {
    next: (name) => withTimeout(read(name), TIMEOUT_MS, `the event "${name}"`),
    [Symbol.asyncDispose]: () => reader.cancel(),
  };
}

/** Sends octets as they are, and returns all that comes back. */
export async function sendRaw(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const conn = await Deno.connect({
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port),
  });
  const answer = async () => {
    await conn.write(new TextEncoder().encode(request));
    return await new Response(conn.readable).text();
  };
  return await withTimeout(answer(), TIMEOUT_MS, "the answer");
}

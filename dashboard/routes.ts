import type { TypeBook } from "../calling/mod.ts";
import { VERSION } from "../cli/version.ts";
import { formatAddress } from "../rpc/mod.ts";
import { answer, answerGrpc, answerJson, answerStream, isGrpc } from "./answers.ts";
import { answerAsset } from "./asset_route.ts";
import type { CallTools } from "./call_route.ts";
import type { DashboardOptions } from "./dashboard_options.ts";
import type { OfferedTypes } from "./describe_server.ts";
import { findMethod } from "./find_method.ts";
import { formatMetrics } from "./format_metrics.ts";
import { checkHost, checkOrigin, checkToken, type Guard } from "./guard_request.ts";
import { HttpError } from "./http_error.ts";
import { LiveHub } from "./live_hub.ts";
import { openOwnChannel } from "./own_channel.ts";
import { Places } from "./places.ts";

/** Who may have what at once. */
const MAX_SUBSCRIBERS = 16;
const MAX_CALLS = 8;

/** One path of the page's server. */
interface Route {
  readonly methods: readonly string[];
  /** `open`: holds nothing of anybody's. `page`: for a browser. `api`: needs the token, and is for no other origin. */
  readonly access: "open" | "page" | "api";
  answer(request: Request, url: URL): Response | Promise<Response>;
}

/**
 * Answers what the page, its user's programs, Prometheus and probes ask for. What calls and descriptions need is loaded
 * when somebody asks for them first: a server is not to start more slowly for its page.
 */
export class Routes {
  readonly #options: DashboardOptions;
  readonly #guard: Guard;
  readonly #hub: LiveHub;
  readonly #calls = new Places(MAX_CALLS, "calls from the page");
  readonly #uploads = { octets: 0 };
  readonly #closing = new AbortController();
  #offered: OfferedTypes | undefined;
  #book: TypeBook | undefined;

  readonly #routes: ReadonlyMap<string, Route> = new Map<string, Route>([
    ["/healthz", get("open", () => answer("alive\n", TEXT))],
    ["/readyz", get("open", () => this.#answerReady())],
    ["/", get("page", (request) => answerAsset("index.html", request))],
    ["/favicon.ico", get("page", (request) => answerAsset("favicon.svg", request))],
    ["/metrics", get("api", () => this.#answerMetrics())],
    ["/api/server", get("api", () => this.#answerServer())],
    ["/api/live", get("api", (request, url) => this.#answerLive(request, url))],
    ["/api/call", post((request) => this.#answerCall(request))],
    ["/api/stream", post((request, url) => this.#answerUpload(request, url))],
  ]);

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#guard = { hostname: options.hostname, takesToken: options.takesToken };
    this.#hub = new LiveHub(options.watch, new Places(MAX_SUBSCRIBERS, "pages open"));
  }

  /** @throws HttpError */
  async answer(request: Request): Promise<Response> {
    const url = readUrl(request);
    const route = this.#find(url.pathname);
    if (route === undefined) {
      if (isGrpc(request)) return answerGrpc(url.pathname, this.#options.address);
      throw new HttpError(
        404,
        `There is nothing at ${JSON.stringify(url.pathname)}: the page is at /`,
      );
    }
    if (route.access !== "open") checkHost(request, this.#guard);
    if (route.access === "api") checkOrigin(request);
    if (!route.methods.includes(request.method)) {
      const allow = route.methods.join(", ");
      throw new HttpError(405, `Cannot ${request.method} ${url.pathname}: it takes ${allow}`, {
        headers: { allow },
      });
    }
    if (route.access === "api") checkToken(request, this.#guard);
    return await route.answer(request, url);
  }

  /** Tells who watches that the server stops. */
  sayGoodBye(): void {
    this.#hub.close();
  }

  /** Ends what goes on. */
  cutOff(): void {
    this.#closing.abort();
  }

  #find(path: string): Route | undefined {
    const name = /^\/assets\/([^/]+)$/.exec(path)?.[1];
    if (name === undefined) return this.#routes.get(path);
    return get("page", (request) => answerAsset(name, request));
  }

  #answerReady(): Response {
    const readiness = this.#options.readiness?.() ?? "ready";
    return answer(`${readiness}\n`, TEXT, { status: readiness === "ready" ? 200 : 503 });
  }

  async #answerMetrics(): Promise<Response> {
    const { text, contentType } = await formatMetrics(await this.#options.watch.metrics());
    return answer(text, contentType);
  }

  async #answerServer(): Promise<Response> {
    const { describeServer } = await import("./describe_server.ts");
    const { schema, address, hasTls, workers = 1, isReadOnly = false } = this.#options;
    this.#offered ??= describeServer(schema);
    return answerJson({
      name: "broker",
      version: VERSION,
      address: formatAddress(address),
      tls: hasTls,
      tokenNeeded: this.#options.takesToken !== undefined,
      readOnly: isReadOnly,
      workers,
      ...this.#offered,
    });
  }

  #answerLive(request: Request, url: URL): Response {
    const methodPath = url.searchParams.get("watch") ?? undefined;
    if (methodPath !== undefined) findMethod(this.#options.schema, methodPath);
    const events = this.#hub.subscribe({ methodPath, isAllowed: () => this.#isAllowed(request) });
    return answerStream(events, "text/event-stream; charset=utf-8");
  }

  #isAllowed(request: Request): boolean {
    try {
      checkToken(request, this.#guard);
      return true;
    } catch {
      return false;
    }
  }

  async #answerCall(request: Request): Promise<Response> {
    const leave = this.#enter();
    try {
      const { answerCall } = await import("./call_route.ts");
      return answerStream(await answerCall(request, await this.#tools(), leave), NDJSON);
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #answerUpload(request: Request, url: URL): Promise<Response> {
    const path = url.searchParams.get("method");
    if (path === null) {
      throw new HttpError(400, "Name a method, as in /api/stream?method=/pkg.Service/Method");
    }
    const method = findMethod(this.#options.schema, path);
    const upload = {
      method,
      map: url.searchParams.getAll("map"),
      fileName: url.searchParams.get("file"),
    };
    const leave = this.#enter();
    try {
      const { answerUpload } = await import("./stream_route.ts");
      const tools = { ...await this.#tools(), budget: this.#uploads };
      return answerStream(await answerUpload(request, upload, tools, leave), NDJSON);
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Takes a place for a call. @throws HttpError 403 if there are none to be had, 429 if all are taken */
  #enter(): () => void {
    if (this.#options.isReadOnly === true) {
      throw new HttpError(403, "The page makes no calls: the server runs with --web-read-only");
    }
    if (this.#options.needsCertificate === true) {
      throw new HttpError(
        403,
        "The page can make no calls: the server takes those with a client certificate only " +
          "(--tls-client-ca), and the page has none; use broker call with --cert and --key",
      );
    }
    return this.#calls.take();
  }

  async #tools(): Promise<CallTools> {
    const { schema, address, hasTls } = this.#options;
    const { createBook } = await import("./call_types.ts");
    const book = this.#book ??= createBook(schema);
    const { signal: stop } = this.#closing;
    return { schema, book, stop, openChannel: () => openOwnChannel(address, hasTls) };
  }
}

const TEXT = "text/plain; charset=utf-8";
const NDJSON = "application/x-ndjson; charset=utf-8";

/** @throws HttpError 400 for what cannot be an address: its host is whatever the request says */
function readUrl({ url }: Request): URL {
  const parsed = URL.parse(url);
  if (parsed !== null) return parsed;
  throw new HttpError(400, `Cannot answer ${JSON.stringify(url.slice(0, 200))}: it is no address`);
}

function get(access: Route["access"], answer: Route["answer"]): Route {
  // Nobody asks for the head of what is made for the asker: it would be made and thrown away.
  return { methods: access === "api" ? ["GET"] : ["GET", "HEAD"], access, answer };
}

function post(answer: Route["answer"]): Route {
  return { methods: ["POST"], access: "api", answer };
}

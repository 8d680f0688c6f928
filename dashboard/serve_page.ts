import { CommandError, type ParsedFlags, type Talk } from "../cli/mod.ts";
import type { serveSpec } from "../cli/commands/serve_spec.ts";
import type { Address } from "../rpc/mod.ts";
import type { Schema } from "../schema/mod.ts";
import { type Dashboard, openDashboard } from "./dashboard.ts";
import { isLoopback } from "./guard_request.ts";
import type { ServerWatch } from "./server_watch.ts";

/** The parsed flags of `broker serve`. */
export type ServeFlags = ParsedFlags<typeof serveSpec.flags>;

/** What a server lets its page see. */
export interface PageSource {
  /** Starts to count. */
  openWatch(): Promise<ServerWatch & { close(): void }>;
  /** Whether a bearer token is one of those that calls need; undefined where they need none. */
  readonly takesToken: ((token: string) => boolean) | undefined;
}

/** A page that is served, until it is closed. */
export interface ServedPage {
  /** `/readyz` says from now on that the server stops. */
  stopping(): void;
  close(): Promise<void>;
}

/** What a page is opened with. */
export interface ServePageOptions {
  readonly flags: ServeFlags;
  /** The properties of the flags that were given. */
  readonly given: ReadonlySet<string>;
  readonly talk: Talk;
  readonly source: PageSource;
  readonly schema: Schema;
  readonly hasTls: boolean;
  readonly address: Address;
  readonly workers: number;
}

/**
 * Opens the page of `broker serve` as the flags say, and says where it is.
 *
 * Undefined if the port that it has by default is taken: most likely by the page of another server, and who did not ask
 * for a page wants the server all the same.
 *
 * @throws CommandError if an address that was named cannot be had
 */
export async function servePage(options: ServePageOptions): Promise<ServedPage | undefined> {
  const { flags, talk, source } = options;
  const hostname = chooseHost(flags);
  const watch = await source.openWatch();
  let isStopping = false;
  let page: Dashboard;
  try {
    page = openDashboard({
      hostname,
      port: flags.webPort,
      watch,
      schema: options.schema,
      address: options.address,
      hasTls: options.hasTls,
      workers: options.workers,
      isReadOnly: flags.webReadOnly,
      takesToken: source.takesToken,
      isReady: () => !isStopping,
      onError: (error) => talk.fail(`The page failed to answer: ${describe(error)}`),
    });
  } catch (cause) {
    watch.close();
    explainFailure(cause, options, hostname);
    return undefined;
  }
  sayOpen(page, hostname, options);
  return {
    stopping() {
      isStopping = true;
    },
    async close() {
      await page.close();
      watch.close();
    },
  };
}

function chooseHost({ webHost, host }: ServeFlags): string {
  if (webHost !== undefined) return webHost;
  return isLoopback(host.replace(/^\[|\]$/g, "")) ? host : "127.0.0.1";
}

function sayOpen(
  { url }: Dashboard,
  hostname: string,
  { flags, talk, source }: ServePageOptions,
): void {
  const line = `Page on ${url}`;
  // A port that was picked is said even with --quiet: nobody could find it otherwise.
  if (flags.webPort === 0) talk.print(line);
  else talk.say(line);
  if (isLoopback(hostname.replace(/^\[|\]$/g, "").toLowerCase())) return;
  const warning = source.takesToken !== undefined
    ? "The page is not encrypted: tokens that are sent to it can be read on their way"
    : flags.webReadOnly
    ? "Whoever reaches the page can see the messages of all calls: --token-file asks for a token"
    : "Whoever reaches the page can see the messages of all calls, and make calls: " +
      "--token-file asks for a token, --web-read-only makes no calls";
  talk.say(warning, "yellow");
}

/** Says why there is no page. @throws CommandError where the user asked for this one */
function explainFailure(
  cause: unknown,
  { flags, given, talk }: ServePageOptions,
  hostname: string,
): void {
  const where = `${hostname}:${flags.webPort}`;
  const isAsked = given.has("webPort") || given.has("webHost");
  const reason = reasonOf(cause);
  if (isAsked) {
    throw new CommandError(
      `Cannot open the page on ${where}: ${reason}; choose another with --web-port and ` +
        "--web-host, or do without it with --no-web",
      { cause },
    );
  }
  talk.say(
    `There is no page: ${where} cannot be had (${reason}); choose another port with --web-port`,
    "yellow",
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) return "it is in use";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have that address";
  }
  const reason = describe(error).replace(/ \(os error \d+\)/, "");
  return reason.includes("failed to lookup") ? "there is no host of that name" : reason;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

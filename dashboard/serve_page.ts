import type { ParsedFlags, Talk } from "../cli/mod.ts";
import type { serveSpec } from "../cli/commands/serve_spec.ts";
import type { Address } from "../rpc/mod.ts";
import type { Schema } from "../schema/mod.ts";
import { choosePageHost, describePageFailure, reasonOf } from "./check_page_port.ts";
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
  const hostname = choosePageHost(flags);
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
      needsCertificate: flags.tlsClientCaPath !== undefined,
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
  if (given.has("webPort") || given.has("webHost")) throw describePageFailure(cause, where);
  talk.say(
    `There is no page: ${where} cannot be had (${
      reasonOf(cause)
    }); choose another port with --web-port`,
    "yellow",
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

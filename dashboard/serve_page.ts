import type { ParsedFlags, Talk } from "../cli/mod.ts";
import type { serveSpec } from "../cli/commands/serve_spec.ts";
import { type Address, formatAddress } from "../rpc/mod.ts";
import type { Schema } from "../schema/mod.ts";
import { describeError } from "../cli/describe_error.ts";
import { explainListenFailure } from "../cli/explain_listen_failure.ts";
import { choosePageAddress, describePageFailure, type PageAddress } from "./check_page_port.ts";
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
  /** Whether there is anyone to take calls: not while all workers are being started again. */
  takesCalls(): boolean;
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
  const where = choosePageAddress(flags);
  const watch = await source.openWatch();
  let isStopping = false;
  let page: Dashboard;
  try {
    page = openDashboard({
      hostname: where.hostname,
      port: where.port,
      watch,
      schema: options.schema,
      address: options.address,
      hasTls: options.hasTls,
      workers: options.workers,
      isReadOnly: flags.webReadOnly,
      needsCertificate: flags.tlsClientCaPath !== undefined,
      takesToken: source.takesToken,
      readiness() {
        if (isStopping) return "stopping";
        return source.takesCalls() ? "ready" : "starting";
      },
      onError: (error) => talk.fail(`The page failed to answer: ${describeError(error)}`),
    });
  } catch (cause) {
    watch.close();
    explainFailure(cause, options, where);
    return undefined;
  }
  sayOpen(page, where, options);
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
  { hostname }: PageAddress,
  { flags, talk, source }: ServePageOptions,
): void {
  const line = `Page on ${url}`;
  // A port that was picked is said even with --quiet: nobody could find it otherwise.
  if (flags.webPort === 0) talk.print(line);
  else talk.say(line);
  if (isLoopback(hostname)) return;
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
  { given, talk }: ServePageOptions,
  where: PageAddress,
): void {
  if (given.has("webPort") || given.has("webHost")) throw describePageFailure(cause, where);
  const reason = explainListenFailure(cause);
  talk.say(
    `There is no page: ${formatAddress(where)} cannot be had (${reason}); ` +
      "choose another port with --web-port",
    "yellow",
  );
}

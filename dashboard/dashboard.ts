import { formatAddress } from "../rpc/mod.ts";
import { answer, answerError } from "./answers.ts";
import type { DashboardOptions } from "./dashboard_options.ts";
import { HttpError } from "./http_error.ts";
import { Routes } from "./routes.ts";

/** Time that answers have to finish when the page closes, and then to be cut off, in ms. */
const FINISH_MS = 500;
const CLOSE_MS = 500;

/** A page that listens. */
export interface Dashboard {
  /** `http://127.0.0.1:8062` */
  readonly url: string;
  /** Says good-bye to who watches, and closes; settles when all is over. */
  close(): Promise<void>;
}

/**
 * Opens the web page of a server, with its API, metrics and probes, over plain HTTP.
 *
 * @throws the `Deno.errors` of `Deno.listen`
 */
export function openDashboard(options: DashboardOptions): Dashboard {
  const { hostname, port, onError = () => {} } = options;
  const routes = new Routes(options);
  const server = Deno.serve(
    {
      hostname,
      port,
      onListen() {},
      onError: () => answer(null, "text/plain", { status: 500 }),
    },
    async (request) => {
      try {
        return await routes.answer(request);
      } catch (error) {
        if (error instanceof HttpError) return answerError(error);
        onError(error);
        return answerError(new HttpError(500, "The page failed to answer: see the server's log"));
      }
    },
  );
  const { addr } = server;
  return {
    url: `http://${formatAddress({ ...addr, kind: "tcp" })}`,
    async close() {
      routes.sayGoodBye();
      const over = server.shutdown();
      await within(over, FINISH_MS);
      routes.cutOff();
      // One who sends half a request, and waits, is not waited for; to abort a shutdown fails (Deno 2.9.6, BadResource).
      await within(over, CLOSE_MS);
      server.unref();
    },
  };
}

/** Waits for a promise, but not longer than that. */
async function within(promise: Promise<void>, timeoutMs: number): Promise<void> {
  const timeUp = Promise.withResolvers<void>();
  const timer = setTimeout(timeUp.resolve, timeoutMs);
  await Promise.race([promise, timeUp.promise]);
  clearTimeout(timer);
}

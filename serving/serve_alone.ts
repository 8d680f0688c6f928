import { buildServer } from "./build_server.ts";
import { openListener } from "./open_listener.ts";
import type { ServeContext } from "./serve_context.ts";
import type { Serving, ServingParts } from "./serving.ts";

/** Serves in this thread. @throws CommandError, HandlersError */
export async function serveAlone(context: ServeContext, parts: ServingParts): Promise<Serving> {
  const built = await buildServer(context, parts);
  try {
    const { tokenFile } = built;
    const address = built.server.listenOn(await openListener(context, parts));
    return {
      address,
      workers: 1,
      page: {
        openWatch: async () => {
          const { LocalWatch } = await import("../dashboard/local_watch.ts");
          return new LocalWatch(built.server);
        },
        takesToken: tokenFile && ((token) => tokenFile.has(token)),
        takesCalls: () => true,
      },
      failed: new Promise(() => {}),
      stop: (graceMs) => built.stop(graceMs),
      close: () => Promise.resolve(built.close()),
    };
  } catch (error) {
    built.close();
    throw error;
  }
}

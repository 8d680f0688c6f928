export { readSchema } from "./build_server.ts";
export { countWorkers } from "./count_workers.ts";
export { guardHandlers } from "./guard_handlers.ts";
export { KNOWN_ERRORS } from "./known_errors.ts";
export { serveAlone } from "./serve_alone.ts";
export type { ServeContext } from "./serve_context.ts";
export type { Serving, ServingParts } from "./serving.ts";

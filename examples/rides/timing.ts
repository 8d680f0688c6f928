import type { Interceptor } from "./gen/runtime/rpc.ts";

/** Says in a trailer how long the call took, in ms. */
export const timing: Interceptor = async function timing(call, next) {
  const startedMs = performance.now();
  try {
    await next();
  } finally {
    call.responseTrailers.set("duration-ms", (performance.now() - startedMs).toFixed(3));
  }
};

import type { Call } from "./gen/runtime/rpc.ts";

/** An interceptor: says in a trailer how long the call took, in ms. */
export async function timing(
  call: Pick<Call, "responseTrailers">,
  next: () => Promise<void>,
): Promise<void> {
  const startedMs = performance.now();
  try {
    await next();
  } finally {
    call.responseTrailers.set("duration-ms", (performance.now() - startedMs).toFixed(3));
  }
}

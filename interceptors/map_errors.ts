import { RpcError, type ServerInterceptor } from "../rpc/mod.ts";

/**
 * Gives errors of handlers a status: `map` is asked for an `RpcError` in place of each that is none, and says undefined
 * of those that it does not know, which leave as a neutral UNKNOWN. What it answers reaches the client, its text included.
 *
 * @example
 * ```ts
 * import { mapErrors, RpcError, RpcServer, Status } from "./mod.ts";
 *
 * const notFound = mapErrors((error) =>
 *   error instanceof Deno.errors.NotFound
 *     ? new RpcError(Status.NOT_FOUND, "There is no such recording")
 *     : undefined
 * );
 * const server = new RpcServer({ interceptors: [notFound] });
 * ```
 */
export function mapErrors(map: (error: unknown) => RpcError | undefined): ServerInterceptor {
  return async function mapErrors(_call, next) {
    try {
      await next();
    } catch (error) {
      throw error instanceof RpcError ? error : map(error) ?? error;
    }
  };
}

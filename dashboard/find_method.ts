import type { MethodSchema, Schema } from "../schema/mod.ts";
import { HttpError } from "./http_error.ts";

/** The method of that path. @throws HttpError 404 */
export function findMethod({ services }: Schema, path: string): MethodSchema {
  const method = services.flatMap(({ methods }) => methods).find((one) => one.path === path);
  if (method !== undefined) return method;
  throw new HttpError(404, `The server has no method ${JSON.stringify(path)}`);
}

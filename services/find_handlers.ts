import type { Handlers } from "../rpc/mod.ts";
import type { ServiceSchema } from "../schema/mod.ts";

/** A handlers module does not fit its service; the message is one sentence. */
export class HandlersError extends Error {
  override readonly name = "HandlersError";
}

/** Handlers of one service, and the methods that have none. */
export interface FoundHandlers {
  readonly handlers: Handlers;
  readonly missing: readonly string[];
}

/**
 * Finds a service's handlers in what a module exports. In this order:
 *
 * 1. `export const handlers = { … }` or `export default { … }`: the methods themselves, or one object for each service
 *    under its full or short name;
 * 2. `export const ServiceName = { … }`;
 * 3. `export function MethodName(…)`.
 *
 * @throws HandlersError if none of the service's methods is there, or a handler is not a function, or has no method.
 */
export function findHandlers(
  module: Readonly<Record<string, unknown>>,
  service: ServiceSchema,
): FoundHandlers {
  const shortName = service.fullName.slice(service.fullName.lastIndexOf(".") + 1);
  const containers = [module.handlers, module.default].filter(isObject);
  const objects = [
    ...containers.flatMap((container) => [container[service.fullName], container[shortName]]),
    module[shortName],
    ...containers,
  ].filter(isObject);
  for (const candidate of objects) {
    if (namesMethod(candidate, service)) return check(candidate, service);
  }
  if (namesMethod(module, service)) return check(pickMethods(module, service), service);
  const methods = service.methods.map((method) => method.name).join(", ");
  throw new HandlersError(
    `Cannot find handlers for ${service.fullName}: the module exports none of ${methods}`,
  );
}

function check(
  candidate: Readonly<Record<string, unknown>>,
  service: ServiceSchema,
): FoundHandlers {
  const names = service.methods.flatMap(spellings);
  for (const [key, value] of Object.entries(candidate)) {
    if (!names.includes(key)) {
      throw new HandlersError(
        `Cannot use the handler "${key}" for ${service.fullName}: its methods are ${
          service.methods.map((method) => method.name).join(", ")
        }`,
      );
    }
    if (typeof value !== "function") {
      throw new HandlersError(`Cannot use the handler "${key}": it is no function`);
    }
  }
  const missing = service.methods.filter((method) =>
    !spellings(method).some((name) => name in candidate)
  );
  return { handlers: candidate as Handlers, missing: missing.map((method) => method.name) };
}

function pickMethods(
  module: Readonly<Record<string, unknown>>,
  service: ServiceSchema,
): Record<string, unknown> {
  const names = service.methods.flatMap(spellings);
  return Object.fromEntries(Object.entries(module).filter(([key]) => names.includes(key)));
}

function namesMethod(
  candidate: Readonly<Record<string, unknown>>,
  service: ServiceSchema,
): boolean {
  return service.methods.some((method) => spellings(method).some((name) => name in candidate));
}

/** As in the `.proto`, and in lowerCamel as grpc-js takes it. */
function spellings(method: ServiceSchema["methods"][number]): string[] {
  const { originalName = method.name } = method.definition;
  return [...new Set([method.name, originalName])];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

import type { Handler, Handlers } from "../rpc/mod.ts";
import type { MethodSchema, ServiceSchema } from "../schema/mod.ts";

/** A handlers module does not fit its service; the message is one sentence. */
export class HandlersError extends Error {
  override readonly name = "HandlersError";
}

/** Handlers of one service, and the methods that have none. */
export interface FoundHandlers {
  /** Bound to the object that held them. */
  readonly handlers: Handlers;
  readonly missing: readonly string[];
}

/** What a module exports, or one object of it. */
type Container = Readonly<Record<string, unknown>>;

/** More names than this in an error would hide what it says. */
const MAX_LISTED_NAMES = 10;

/**
 * Finds a service's handlers in what a module exports. In this order:
 *
 * 1. `export const handlers = { … }` or `export default { … }`: one object for each service under its full or short
 *    name;
 * 2. `export const ServiceName = { … }`;
 * 3. `handlers` or `default` with the methods themselves, of one service or of all;
 * 4. `export function MethodName(…)`.
 *
 * A service without any has all methods missing, if there are handlers for one of its siblings.
 *
 * An object may be an instance of a class. Methods are named as in the `.proto`, or in lowerCamel as grpc-js has them.
 *
 * @param siblings all services that the module may have handlers for; default `service` alone.
 * @throws HandlersError if there is no handler of any of them, or none of this service in what bears its name; if one is not
 * a function, or has no method.
 */
export function findHandlers(
  module: Container,
  service: ServiceSchema,
  siblings: readonly ServiceSchema[] = [service],
): FoundHandlers {
  const containers = containersOf(module);
  const own = ownOf(module, service);
  for (const candidate of own) {
    if (!namesMethod(candidate, service)) continue;
    checkNames(candidate, service, [service]);
    return pickHandlers(candidate, service);
  }
  for (const candidate of containers) {
    if (!namesMethod(candidate, service)) continue;
    checkNames(candidate, service, siblings);
    return pickHandlers(candidate, service);
  }
  if (namesMethod(module, service)) return pickHandlers(module, service);
  // What was written for this very service has no method of it: a typing error. What was written for others has not.
  const isMeant = own.some((candidate) => Object.keys(candidate).length > 0);
  if (!isMeant && siblings.some((sibling) => sibling !== service && isFor(module, sibling))) {
    return pickHandlers({}, service);
  }
  throw nothingFound([...own, ...containers][0] ?? module, service);
}

function containersOf(module: Container): Container[] {
  return [module.handlers, module.default].filter(isObject);
}

/** The objects that bear the service's name. */
function ownOf(module: Container, service: ServiceSchema): Container[] {
  const names = [service.fullName, shortNameOf(service)];
  return [...containersOf(module), module].flatMap((container) =>
    names.map((name) => memberOf(container, name))
  ).filter(isObject);
}

/** True if a module has handlers for a service. */
function isFor(module: Container, service: ServiceSchema): boolean {
  return [...ownOf(module, service), ...containersOf(module), module]
    .some((candidate) => namesMethod(candidate, service));
}

function pickHandlers(candidate: Container, service: ServiceSchema): FoundHandlers {
  const handlers: Record<string, Handler> = {};
  const missing: string[] = [];
  for (const method of service.methods) {
    const key = spellings(method).find((name) => memberOf(candidate, name) !== undefined);
    if (key === undefined) {
      missing.push(method.name);
      continue;
    }
    const handler = memberOf(candidate, key);
    if (typeof handler !== "function") {
      const found = handler === null ? "null" : `of type ${typeof handler}`;
      throw new HandlersError(
        `Cannot use the handler "${key}" of ${service.fullName}: it is ${found}, not a function`,
      );
    }
    handlers[key] = handler.bind(candidate);
  }
  return { handlers, missing };
}

/** A handler without a method is most likely a typing error. What an instance of a class holds beside is its own affair. */
function checkNames(
  candidate: Container,
  service: ServiceSchema,
  siblings: readonly ServiceSchema[],
): void {
  const prototype = Object.getPrototypeOf(candidate);
  if (prototype !== Object.prototype && prototype !== null) return;
  const known = new Set(siblings.flatMap((sibling) => [
    sibling.fullName,
    shortNameOf(sibling),
    ...sibling.methods.flatMap(spellings),
  ]));
  const unknown = Object.keys(candidate).find((key) => !known.has(key));
  if (unknown === undefined) return;
  throw new HandlersError(
    `Cannot use the handler "${unknown}": ${service.fullName} has no such method, only ${
      listNames(service.methods.map(({ name }) => name))
    }`,
  );
}

function nothingFound(candidate: Container, service: ServiceSchema): HandlersError {
  const methods = listNames(service.methods.map(({ name }) => name));
  const exported = Object.keys(candidate);
  const found = exported.length === 0 ? "nothing" : listNames(exported);
  return new HandlersError(
    `Cannot find handlers for ${service.fullName}: the module has to export ${methods}, ` +
      `but exports ${found}`,
  );
}

function namesMethod(candidate: Container, service: ServiceSchema): boolean {
  return service.methods.some((method) =>
    spellings(method).some((name) => memberOf(candidate, name) !== undefined)
  );
}

/** Own or inherited, but not what every object has: `toString` may be a method of a service. */
function memberOf(candidate: Container, name: string): unknown {
  const value = candidate[name];
  const isEveryones = !Object.hasOwn(candidate, name) &&
    value === Reflect.get(Object.prototype, name);
  return isEveryones || (name === "constructor" && !Object.hasOwn(candidate, name))
    ? undefined
    : value;
}

/** As in the `.proto`, and in lowerCamel as grpc-js takes it. */
function spellings({ name, definition }: MethodSchema): string[] {
  const { originalName = name } = definition;
  return originalName === name ? [name] : [name, originalName];
}

function shortNameOf({ fullName }: ServiceSchema): string {
  return fullName.slice(fullName.lastIndexOf(".") + 1);
}

function listNames(names: readonly string[]): string {
  const left = names.length - MAX_LISTED_NAMES;
  const listed = names.slice(0, MAX_LISTED_NAMES).join(", ");
  return left > 0 ? `${listed} and ${left} more` : listed;
}

function isObject(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}

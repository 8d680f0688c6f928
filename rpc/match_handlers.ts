import { findStart, type StartAnswering } from "./answer_each.ts";
import type { Handler, Handlers } from "./handlers.ts";
import type { MethodDefinition, ServiceDefinition } from "./service_definition.ts";

/** A method and who answers it. */
export interface MatchedHandler {
  /** As in the `.proto`. */
  readonly name: string;
  readonly definition: MethodDefinition;
  readonly handler: Handler;
  /** Set where `answerEach()` made the handler. */
  readonly startAnswering?: StartAnswering<unknown, unknown>;
}

/**
 * Finds the handler of each method, by its name in the `.proto` or in lowerCamel; methods without one are left out.
 *
 * @throws Error if a handler has no method, which is most likely a typing error.
 */
export function matchHandlers(definition: ServiceDefinition, handlers: Handlers): MatchedHandler[] {
  const used = new Set<string>();
  const matched: MatchedHandler[] = [];
  for (const [name, method] of Object.entries(definition)) {
    const key = [name, method.originalName ?? name].find((key) => isHandler(handlers, key));
    if (key === undefined) continue;
    used.add(key);
    const handler = handlers[key].bind(handlers);
    const startAnswering = findStart(handlers[key]);
    const isFast = startAnswering !== undefined && method.requestStream && method.responseStream;
    matched.push({ name, definition: method, handler, ...(isFast ? { startAnswering } : {}) });
  }
  for (const key of Object.keys(handlers)) {
    // Handlers may be methods of an object that holds other things as well.
    if (used.has(key) || typeof handlers[key] !== "function") continue;
    const names = Object.keys(definition).join(", ");
    throw new Error(`Cannot add the handler "${key}": the service has only ${names}`);
  }
  return matched;
}

/** True for a function of the object's own making: a method may be called `toString`. */
function isHandler(handlers: Handlers, key: string): boolean {
  return typeof handlers[key] === "function" &&
    handlers[key] !== Reflect.get(Object.prototype, key);
}

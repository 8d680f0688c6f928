import type { ServerInterceptor } from "../rpc/mod.ts";
// Not from its mod.ts, which loads node:crypto for tokens.
import { validateMessages, type ValidationRule } from "../interceptors/validate_messages.ts";
import type { ServiceSchema } from "../schema/mod.ts";
import { HandlersError } from "./find_handlers.ts";

/**
 * Finds what a module of handlers puts around them: `export const interceptors = [ … ]`, the outermost first, and inside
 * of those `export const validate = { MessageName(message) { … } }`.
 *
 * A function of one of these names is the handler of a method that is called so.
 *
 * @throws HandlersError if they are not what they should be, or a rule is for no message that a method takes
 */
export function findInterceptors(
  module: Readonly<Record<string, unknown>>,
  services: readonly ServiceSchema[],
): readonly ServerInterceptor[] {
  const found = readInterceptors(module.interceptors, services);
  const rules = readRules(module.validate, services);
  if (rules === undefined) return found;
  try {
    return [...found, validateMessages(rules, services)];
  } catch (cause) {
    throw new HandlersError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function readInterceptors(
  value: unknown,
  services: readonly ServiceSchema[],
): readonly ServerInterceptor[] {
  if (value === undefined || isHandlerOf("interceptors", value, services)) return [];
  if (!Array.isArray(value)) {
    throw new HandlersError(
      `Cannot use the export "interceptors": it is ${describe(value)}, not an array of functions`,
    );
  }
  return value.map((item: unknown, index) => {
    if (isFunction(item)) return item as ServerInterceptor;
    throw new HandlersError(
      `Cannot use the export "interceptors": number ${index + 1} of it is ${
        describe(item)
      }, not a function`,
    );
  });
}

function readRules(
  value: unknown,
  services: readonly ServiceSchema[],
): Readonly<Record<string, ValidationRule>> | undefined {
  if (value === undefined || isHandlerOf("validate", value, services)) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new HandlersError(
      `Cannot use the export "validate": it is ${describe(value)}, ` +
        "not an object of functions by the name of their message",
    );
  }
  const rules: Record<string, ValidationRule> = {};
  for (const [name, rule] of Object.entries(value)) {
    if (!isFunction(rule)) {
      throw new HandlersError(
        `Cannot use the rule "${name}" of the export "validate": it is ${
          describe(rule)
        }, not a function`,
      );
    }
    rules[name] = (message) => rule.call(value, message);
  }
  return rules;
}

/** Whether a function of this name answers a method, in either of its spellings. */
function isHandlerOf(name: string, value: unknown, services: readonly ServiceSchema[]): boolean {
  return typeof value === "function" &&
    services.some(({ methods }) =>
      methods.some((method) => method.name === name || method.definition.originalName === name)
    );
}

function isFunction(value: unknown): value is (...values: unknown[]) => unknown {
  return typeof value === "function";
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "undefined") return "undefined";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

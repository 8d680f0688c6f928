import { RpcError, type ServerInterceptor, Status } from "../rpc/mod.ts";
import { encodeErrorDetails, nearestName, type ServiceSchema } from "../schema/mod.ts";
import { describeViolations, type Violation, violationsOf } from "./validation_error.ts";

/** Throws a `ValidationError` if a message is not as it should be. It is not waited for. */
// deno-lint-ignore no-explicit-any -- the types of messages come from a service's generated interface
export type ValidationRule = (message: any) => void;

/** Rules by the name of their message, full or short: `laps.StartRequest`, `StartRequest`. */
export type ValidationRules = Readonly<Record<string, ValidationRule>>;

/**
 * Refuses requests that break the rule of their message: the call ends with INVALID_ARGUMENT,
 * `driver_id: must not be empty`, and `google.rpc.BadRequest` among its details. A `ValidationError` that a handler
 * throws ends its call likewise.
 *
 * @param services whose methods the rules are for
 * @throws Error if a rule is for no message that a method takes, or two are for the same one
 */
export function validateMessages(
  rules: ValidationRules,
  services: readonly ServiceSchema[],
): ServerInterceptor {
  const ruleOf = matchRules(rules, services);
  return async function validateMessages(call, next) {
    const rule = ruleOf.get(call.path);
    if (rule !== undefined) call.onRequest((message) => applyRule(rule, message));
    try {
      await next();
    } catch (error) {
      throw toRefusal(error) ?? error;
    }
  };
}

/** A rule and what it is called, for messages. */
interface NamedRule {
  readonly name: string;
  readonly rule: ValidationRule;
}

/** The rule of each method's requests, by its path. */
function matchRules(
  rules: ValidationRules,
  services: readonly ServiceSchema[],
): ReadonlyMap<string, NamedRule> {
  const methods = services.flatMap((service) => service.methods);
  const taken = [...new Set(methods.map(({ request }) => request.fullName))];
  const ruleOf = new Map<string, NamedRule>();
  for (const [name, rule] of Object.entries(rules)) {
    // A message without a package is called by its full name, whichever others are called so in short.
    const fitting = taken.includes(name)
      ? [name]
      : taken.filter((fullName) => shortNameOf(fullName) === name);
    if (fitting.length === 0) throw unknownMessage(name, taken);
    if (fitting.length > 1) {
      throw new Error(
        `Cannot tell which message the rule "${name}" is for: ${fitting.join(" and ")} both fit`,
      );
    }
    for (const { definition, request } of methods) {
      if (request.fullName !== fitting[0]) continue;
      const other = ruleOf.get(definition.path);
      if (other !== undefined) {
        throw new Error(
          `Cannot use the rule "${name}": "${other.name}" is for ${request.fullName} as well`,
        );
      }
      ruleOf.set(definition.path, { name, rule });
    }
  }
  return ruleOf;
}

function unknownMessage(name: string, taken: readonly string[]): Error {
  const near = nearestName(name, taken.flatMap((fullName) => [shortNameOf(fullName), fullName]));
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  return new Error(
    `Cannot use the rule "${name}": no method takes such a message, only ${
      taken.join(", ")
    }${hint}`,
  );
}

function shortNameOf(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf(".") + 1);
}

function applyRule({ name, rule }: NamedRule, message: unknown): void {
  let answer: unknown;
  try {
    answer = rule(message);
  } catch (error) {
    throw toRefusal(error) ?? error;
  }
  if (answer === undefined) return;
  if (answer instanceof Promise) answer.catch(() => {});
  // A rule that returns false, or what is wrong, would let everything pass.
  throw new TypeError(
    `The rule "${name}" returned something: a rule throws a ValidationError, or returns nothing`,
  );
}

/** A `ValidationError` as its client is told; undefined for any other error. */
function toRefusal(error: unknown): RpcError | undefined {
  const violations = violationsOf(error);
  return violations === undefined ? undefined : refuse(violations, error);
}

function refuse(violations: readonly Violation[], cause: unknown): RpcError {
  const status = { code: Status.INVALID_ARGUMENT, message: describeViolations(violations) };
  const value = {
    field_violations: violations.map(({ field, reason }) => ({ field, description: reason })),
  };
  const details = encodeErrorDetails(status, [{ type: "google.rpc.BadRequest", value }]);
  return new RpcError(status.code, status.message, { details, cause });
}

/** What is wrong with one field. */
export interface Violation {
  /** The path of the field, with dots: `route.driver_id`. */
  readonly field: string;
  /** Completes "FIELD: …": `must not be empty`. */
  readonly reason: string;
}

/**
 * A request whose fields have values that they must not have: `new ValidationError("driver_id", "must not be empty")`,
 * or with all that is wrong at once.
 */
export class ValidationError extends Error {
  override readonly name = "ValidationError";
  readonly violations: readonly Violation[];

  constructor(field: string, reason: string);
  constructor(violations: readonly Violation[]);
  constructor(first: string | readonly Violation[], reason = "is not valid") {
    const violations = typeof first === "string" ? [{ field: first, reason }] : first;
    super(describeViolations(violations));
    this.violations = violations;
  }
}

/** `driver_id: must not be empty; speed: must be positive`. */
export function describeViolations(violations: readonly Violation[]): string {
  return violations.map(({ field, reason }) => `${field}: ${reason}`).join("; ");
}

/**
 * The violations that an error tells of; undefined if it is no `ValidationError`. One of another module is one too, by
 * its name, with `field` and `reason` or with `violations`: a module of handlers need not import ours.
 */
export function violationsOf(error: unknown): readonly Violation[] | undefined {
  if (!(error instanceof Error) || error.name !== "ValidationError") return undefined;
  if ("violations" in error) return toViolations(error.violations);
  return toViolations(error);
}

/** What stands for violations: one of them or a list; undefined for anything else. */
export function toViolations(value: unknown): readonly Violation[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const violations = list.filter(isViolation);
  if (violations.length === 0 || violations.length < list.length) return undefined;
  return violations.map(({ field, reason }) => ({ field, reason }));
}

function isViolation(value: unknown): value is Violation {
  return typeof value === "object" && value !== null && "field" in value && "reason" in value &&
    typeof value.field === "string" && typeof value.reason === "string";
}

import type { NumericFlag, ValueFlag } from "./command_spec.ts";

/** The longest duration: what a JavaScript timer can wait; a longer one would fire at once. 24.8 days. */
export const MAX_DURATION_MS = 2 ** 31 - 1;

const DURATION_UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const satisfies Record<
  string,
  number
>;

const SIZE_UNITS_OCTETS = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
} as const satisfies Record<string, number>;

/**
 * Reads `10` (seconds), `500ms`, `10s`, `2m`, `1h`; fractions are allowed. Returns ms, or undefined for anything else.
 *
 * @example
 * ```ts
 * assert.equal(parseDuration("1.5s"), 1500);
 * ```
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null) return undefined;
  const unit = (match[2] ?? "s") as keyof typeof DURATION_UNITS_MS;
  // Rounded, since 0.29 * 1000 is not 290; a positive duration stays positive.
  const milliseconds = Number(match[1]) * DURATION_UNITS_MS[unit];
  const rounded = milliseconds > 0 ? Math.max(1, Math.round(milliseconds)) : 0;
  return Number.isFinite(rounded) ? rounded : undefined;
}

/**
 * Reads `4194304`, `64KiB`, `4MiB`, `1GiB` (powers of 1024), `4MB` (powers of 1000), in any case of letters. Returns
 * octets, or undefined for anything else and for what is not a whole number of octets.
 *
 * @example
 * ```ts
 * assert.equal(parseSize("4MiB"), 4_194_304);
 * ```
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(b|kb|mb|gb|kib|mib|gib)?$/i.exec(text);
  if (match === null) return undefined;
  const unit = (match[2] ?? "b").toLowerCase() as keyof typeof SIZE_UNITS_OCTETS;
  const octets = Number(match[1]) * SIZE_UNITS_OCTETS[unit];
  return Number.isSafeInteger(octets) ? octets : undefined;
}

/** What reading a value gives: the value, or what would have been one (`an integer`). */
export type ReadValue =
  | { readonly ok: true; readonly value: string | number }
  | { readonly ok: false; readonly wanted: string };

/** Reads the value of a flag. */
export function readFlagValue(flag: ValueFlag, text: string): ReadValue {
  switch (flag.kind) {
    case "string":
      return { ok: true, value: text };
    case "choice":
      return flag.choices.includes(text)
        ? { ok: true, value: text }
        : { ok: false, wanted: describeChoices(flag.choices) };
    case "integer":
    case "number":
    case "duration":
    case "size":
      return readNumeric(flag, text);
  }
}

function readNumeric(flag: NumericFlag, text: string): ReadValue {
  const { parse, noun, examples, unit } = NUMERIC_KINDS[flag.kind];
  const value = parse(text);
  if (value === undefined) return { ok: false, wanted: noun + examples };
  const { minimum = 0, maximum = flag.kind === "duration" ? MAX_DURATION_MS : Infinity } = flag;
  return value >= minimum && value <= maximum
    ? { ok: true, value }
    : { ok: false, wanted: `${noun} ${describeRange({ minimum, maximum })}${unit}` };
}

const NUMERIC_KINDS = {
  integer: { parse: parseInteger, noun: "an integer", examples: "", unit: "" },
  number: { parse: parseDecimal, noun: "a number", examples: "", unit: "" },
  duration: {
    parse: parseDuration,
    noun: "a duration",
    examples: " such as 500ms, 10s, 2m or 1h, or plain seconds",
    unit: " ms",
  },
  size: {
    parse: parseSize,
    noun: "a size",
    examples: " such as 64KiB, 4MiB or 4MB, or plain octets",
    unit: " octets",
  },
} as const satisfies Record<NumericFlag["kind"], unknown>;

function parseInteger(text: string): number | undefined {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

function parseDecimal(text: string): number | undefined {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : undefined;
}

function describeChoices(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}

/** `from 0 to 65535`, `of at least 1`. */
export function describeRange(
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): string {
  return maximum === Infinity ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
}

/** Milliseconds of each unit of `grpc-timeout`. */
const UNIT_MS = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
} satisfies Record<string, number>;

/** From fine to coarse, as the encoder tries them. */
const ENCODED_UNITS = ["m", "S", "M", "H"] as const;
const MAX_DIGITS_VALUE = 99_999_999;

/**
 * Writes a timeout as `grpc-timeout`: at most 8 digits and a unit, rounded up to the finest unit that holds it.
 *
 * Source: PROTOCOL-HTTP2, "Timeout".
 */
export function encodeTimeout(timeoutMs: number): string {
  const positive = Math.max(0, timeoutMs);
  for (const unit of ENCODED_UNITS) {
    const value = Math.ceil(positive / UNIT_MS[unit]);
    if (value <= MAX_DIGITS_VALUE) return `${value}${unit}`;
  }
  return `${MAX_DIGITS_VALUE}H`;
}

/** Reads `grpc-timeout` as milliseconds; undefined where it is malformed. */
export function decodeTimeout(text: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  if (match === null) return undefined;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

/**
 * A timeout in words: `2 s`, `50 ms`, `1.5 s`, `10 min`. What is no whole number of ms is what was left of a timeout: it is
 * rounded, to 0.1 s from a second on.
 */
export function describeTimeout(timeoutMs: number): string {
  const roundMs = Number.isInteger(timeoutMs) || timeoutMs < 950 ? 1 : 100;
  const ms = Math.round(timeoutMs / roundMs) * roundMs;
  if (ms < 1000) return `${ms} ms`;
  if (ms % UNIT_MS.H === 0) return `${ms / UNIT_MS.H} h`;
  if (ms % UNIT_MS.M === 0) return `${ms / UNIT_MS.M} min`;
  return `${ms / UNIT_MS.S} s`;
}

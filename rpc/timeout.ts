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

import type { TimeOptions } from "./convert_duration.ts";
import { withDecimalComma } from "./decimal_comma.ts";
import { type Instant, parseDateTime } from "./parse_date_time.ts";
import { CellError, quote } from "./tabular_error.ts";

/** As `@grpc/proto-loader` serializes `google.protobuf.Timestamp` and `google.protobuf.Duration`. */
export interface SecondsAndNanos {
  /** A decimal string, as every 64-bit integer. */
  readonly seconds: string;
  readonly nanos: number;
}

/** `0001-01-01T00:00:00Z` and `9999-12-31T23:59:59Z`, the ends of a Timestamp. */
const MIN_TIMESTAMP_SECONDS = -62_135_596_800;
const MAX_TIMESTAMP_SECONDS = 253_402_300_799;

const EPOCH = /^([+-]?)0*(\d{1,20})(?:\.(\d{1,9}))?$/;

/** How many decimal digits a nanosecond is below each unit. */
const DIGITS_OF_UNIT: Readonly<Record<string, number>> = { s: 9, ms: 6, us: 3, ns: 0 };

/**
 * The unit of an epoch number, by how many digits it has: for the years 1973 to 5138 only one unit comes out right. What
 * is nearer to 1970 could be anything, and is not guessed.
 */
const EPOCH_UNITS = [
  { minDigits: 18, unit: "ns" },
  { minDigits: 15, unit: "us" },
  { minDigits: 12, unit: "ms" },
  { minDigits: 9, unit: "s" },
] as const;

/**
 * Creates a converter from a cell to `google.protobuf.Timestamp`: RFC 3339 (a missing zone means UTC), or an epoch number
 * in the unit of `options.format`, by default in s, ms, µs or ns by its magnitude. All but ns may have a fraction.
 *
 * It throws a `CellError` for anything else, a number whose unit is in doubt, and outside of the years 1 to 9999.
 */
export function createTimestampConverter(
  options: TimeOptions = {},
): (text: string) => SecondsAndNanos {
  const { format, decimal } = options;
  const convertNumber = (text: string) => toTimestamp(parseEpoch(text.trim(), format), text);
  const convertEpoch = decimal === "," ? withDecimalComma(convertNumber) : convertNumber;
  return (text) => {
    const instant = parseDateTime(text.trim());
    return instant === undefined ? convertEpoch(text) : toTimestamp(instant, text);
  };
}

function toTimestamp(instant: Instant | undefined, text: string): SecondsAndNanos {
  if (instant === undefined) {
    throw new CellError(
      `${quote(text)} is not a Timestamp (RFC 3339 like 2024-12-31T14:30:00Z, or an epoch number)`,
    );
  }
  const { seconds, nanos } = instant;
  if (seconds < MIN_TIMESTAMP_SECONDS || seconds > MAX_TIMESTAMP_SECONDS) {
    throw new CellError(`${quote(text)} is out of the range of a Timestamp, the years 1 to 9999`);
  }
  return { seconds: `${seconds}`, nanos };
}

/** Whether a cell looks like a date, with or without a time. */
export function isDateTime(text: string): boolean {
  return parseDateTime(text.trim()) !== undefined;
}

function parseEpoch(text: string, format: string | undefined): Instant | undefined {
  const match = EPOCH.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "0", fraction = ""] = match;
  const unit = format ?? EPOCH_UNITS.find(({ minDigits }) => whole.length >= minDigits)?.unit;
  if (unit === undefined) {
    throw new CellError(
      `${quote(text)} is near 1970 in any unit; name the unit with --map column=field:s ` +
        `(or ms, us, ns), or write a date`,
    );
  }
  const places = DIGITS_OF_UNIT[unit] ?? 0;
  if (fraction.replace(/0+$/, "").length > places) return undefined;
  // In nanoseconds; cut as text, since a double has no room for all digits.
  const digits = whole + fraction.padEnd(places, "0").slice(0, places);
  const seconds = Number(digits.slice(0, -9));
  const nanos = Number(digits.slice(-9));
  if (sign !== "-") return { seconds, nanos };
  // Adding 0 turns -0 into 0.
  return nanos === 0
    ? { seconds: 0 - seconds, nanos }
    : { seconds: -seconds - 1, nanos: 1_000_000_000 - nanos };
}

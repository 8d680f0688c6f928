import { CellError, quote } from "./tabular_error.ts";

/** As `@grpc/proto-loader` serializes `google.protobuf.Timestamp` and `google.protobuf.Duration`. */
export interface SecondsAndNanos {
  /** A decimal string, as every 64-bit integer. */
  readonly seconds: string;
  readonly nanos: number;
}

const NANOS_PER_SECOND = 1_000_000_000n;
/** `0001-01-01T00:00:00Z` and `9999-12-31T23:59:59Z`, the ends of a Timestamp. */
const MIN_TIMESTAMP_SECONDS = -62_135_596_800n;
const MAX_TIMESTAMP_SECONDS = 253_402_300_799n;
/** The ends of a Duration: 10,000 years. */
const MAX_DURATION_SECONDS = 315_576_000_000n;

/** RFC 3339, also with a blank for the `T`, without seconds, zone (then UTC) or time (then midnight). */
const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)? ?([Zz]|[+-]\d\d:?\d\d)?)?$/;
const EPOCH = /^([+-]?)(\d{1,20})(?:\.(\d{1,9}))?$/;
const DURATION = /^([+-]?)(\d{1,20})?(?:\.(\d{1,18}))?\s*(ns|us|µs|ms|s|m|h)?$/;

/**
 * The unit of an epoch integer, by its magnitude. In each the years 1973 to 5138 come out right; a number
 * below 1e11 is seconds.
 */
const EPOCH_UNITS = [
  { below: 10n ** 11n, digits: 9 },
  { below: 10n ** 14n, digits: 6 },
  { below: 10n ** 17n, digits: 3 },
  { below: 10n ** 20n, digits: 0 },
] as const;

const DURATION_UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "µs": 1_000n,
  ms: 1_000_000n,
  s: NANOS_PER_SECOND,
  m: 60n * NANOS_PER_SECOND,
  h: 3600n * NANOS_PER_SECOND,
};

/**
 * Cell to `google.protobuf.Timestamp`: RFC 3339 (a missing zone means UTC), or an epoch number in seconds,
 * ms, µs or ns by its magnitude; seconds and ms may have a fraction.
 *
 * @throws {CellError} if it is neither, or outside the years 1 to 9999
 */
export function convertTimestamp(text: string): SecondsAndNanos {
  const trimmed = text.trim();
  const nanos = parseDateTime(trimmed) ?? parseEpoch(trimmed);
  if (nanos === undefined) {
    throw new CellError(`${quote(text)} is not a Timestamp (RFC 3339, or an epoch number)`);
  }
  let seconds = nanos / NANOS_PER_SECOND;
  let rest = nanos % NANOS_PER_SECOND;
  if (rest < 0n) {
    seconds -= 1n;
    rest += NANOS_PER_SECOND;
  }
  if (seconds < MIN_TIMESTAMP_SECONDS || seconds > MAX_TIMESTAMP_SECONDS) {
    throw new CellError(`${quote(text)} is out of the range of a Timestamp, the years 1 to 9999`);
  }
  return { seconds: seconds.toString(), nanos: Number(rest) };
}

/** Whether a cell looks like a date, with or without a time. */
export function isDateTime(text: string): boolean {
  return parseDateTime(text.trim()) !== undefined;
}

function parseDateTime(text: string): bigint | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [, year = "", month = "", day = "", hour = "00", minute = "00", second = "00"] = match;
  const date = new Date(0);
  // Unlike Date.UTC, this takes the years below 100 for what they are.
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  // A day or an hour that does not exist rolls over into the next.
  const expected = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  if (!date.toISOString().startsWith(expected)) return undefined;
  const offset = parseOffset(match[8]);
  if (offset === undefined) return undefined;
  const seconds = BigInt(date.getTime() / 1000) - offset;
  return seconds * NANOS_PER_SECOND + BigInt((match[7] ?? "").padEnd(9, "0"));
}

/** The seconds that a zone is ahead of UTC. */
function parseOffset(zone: string | undefined): bigint | undefined {
  if (zone === undefined || zone === "Z" || zone === "z") return 0n;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  const seconds = BigInt(hours * 3600 + minutes * 60);
  return zone.startsWith("-") ? -seconds : seconds;
}

function parseEpoch(text: string): bigint | undefined {
  const match = EPOCH.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "0", fraction = ""] = match;
  const value = BigInt(whole);
  const unit = EPOCH_UNITS.find(({ below }) => value < below);
  if (unit === undefined || fraction.replace(/0+$/, "").length > unit.digits) return undefined;
  const scale = 10n ** BigInt(unit.digits);
  const nanos = value * scale + BigInt(fraction.padEnd(9, "0").slice(0, unit.digits) || "0");
  return sign === "-" ? -nanos : nanos;
}

/**
 * Cell to `google.protobuf.Duration`: `1.5s`, `250ms`, `2m`, or plain seconds; units ns, us, ms, s, m, h.
 *
 * @throws {CellError} if it is neither, finer than a nanosecond, or beyond ±10,000 years
 */
export function convertDuration(text: string): SecondsAndNanos {
  const match = DURATION.exec(text.trim());
  const [, sign, whole, fraction] = match ?? [];
  if (match === null || (whole === undefined && fraction === undefined)) {
    throw new CellError(`${quote(text)} is not a Duration (for example 1.5s or 250ms)`);
  }
  const unit = DURATION_UNITS[match[4] ?? "s"] ?? NANOS_PER_SECOND;
  const scale = 10n ** BigInt(fraction?.length ?? 0);
  const product = BigInt(fraction ?? "0") * unit;
  if (product % scale !== 0n) throw new CellError(`${quote(text)} is finer than a nanosecond`);
  const nanos = BigInt(whole ?? "0") * unit + product / scale;
  const seconds = nanos / NANOS_PER_SECOND;
  if (seconds > MAX_DURATION_SECONDS) {
    throw new CellError(`${quote(text)} is out of the range of a Duration, 10,000 years`);
  }
  const rest = Number(nanos % NANOS_PER_SECOND);
  return sign === "-"
    ? { seconds: (-seconds).toString(), nanos: rest === 0 ? 0 : -rest }
    : { seconds: seconds.toString(), nanos: rest };
}

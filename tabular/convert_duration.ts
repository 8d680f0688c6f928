import type { CellFormat } from "./cell_format.ts";
import type { SecondsAndNanos } from "./convert_time.ts";
import { type DecimalMark, withDecimalComma } from "./decimal_comma.ts";
import { CellError, quote } from "./tabular_error.ts";

const NANOS_PER_SECOND = 1_000_000_000n;
/** The ends of a Duration: 10,000 years. */
const MAX_DURATION_SECONDS = 315_576_000_000n;

const NANOS_PER_UNIT: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  "µs": 1_000n,
  "μs": 1_000n,
  ms: 1_000_000n,
  s: NANOS_PER_SECOND,
  m: 60n * NANOS_PER_SECOND,
  h: 3600n * NANOS_PER_SECOND,
  d: 86_400n * NANOS_PER_SECOND,
  w: 604_800n * NANOS_PER_SECOND,
};

/** More than one number with its unit, `1h30m`; longer cells are none. */
const MAX_CHARS = 200;
const NUMBER = /^(\d{1,20})?(?:\.(\d{1,18}))?$/;
const PART = /(\d{1,20})?(?:\.(\d{1,18}))?\s*(ns|us|µs|μs|ms|s|m|h)\s*/y;
/** ISO 8601 without years and months, which have no length of their own. */
const ISO_PART = /(\d{1,20})?(?:[.,](\d{1,18}))?([wdhms])/iy;
/** `1:30:00.5`, also as pandas writes it: `2 days 01:30:00`. */
const CLOCK = /^(?:(\d{1,9}) days? ?)?(\d{1,9}):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?$/;

/** How cells of times are written. */
export interface TimeOptions {
  readonly decimal?: DecimalMark | undefined;
  /** The unit of a number without one. */
  readonly format?: CellFormat | undefined;
}

/**
 * Creates a converter from a cell to `google.protobuf.Duration`: `1.5s`, `250ms`, `1h30m`, `PT1.5S`, `00:01:30`, or a
 * number in seconds, or in the unit of `options.format`; units ns, us, ms, s, m, h.
 *
 * It throws a `CellError` for anything else, finer than a nanosecond, or beyond ±10,000 years.
 */
export function createDurationConverter(
  options: TimeOptions = {},
): (text: string) => SecondsAndNanos {
  const { format = "s", decimal } = options;
  const convert = (text: string) => convertDuration(text, format);
  return decimal === "," ? withDecimalComma(convert) : convert;
}

function convertDuration(text: string, unit: string): SecondsAndNanos {
  const trimmed = text.trim();
  const sign = /^[+-]/.exec(trimmed)?.[0] ?? "";
  const nanos = trimmed.length > MAX_CHARS
    ? undefined
    : sumParts(trimmed.slice(sign.length), unit, text);
  if (nanos === undefined) {
    throw new CellError(`${quote(text)} is not a Duration (for example 1.5s or 250ms)`);
  }
  const seconds = nanos / NANOS_PER_SECOND;
  const rest = Number(nanos % NANOS_PER_SECOND);
  if (seconds > MAX_DURATION_SECONDS || (seconds === MAX_DURATION_SECONDS && rest > 0)) {
    throw new CellError(`${quote(text)} is out of the range of a Duration, 10,000 years`);
  }
  return sign === "-"
    ? { seconds: (-seconds).toString(), nanos: rest === 0 ? 0 : -rest }
    : { seconds: seconds.toString(), nanos: rest };
}

function sumParts(text: string, unit: string, cell: string): bigint | undefined {
  const number = NUMBER.exec(text);
  if (number !== null && text !== "") return toNanos(number[1], number[2], unit, cell);
  const clock = CLOCK.exec(text);
  if (clock !== null) {
    const [, days = "0", hours, minutes, seconds, fraction] = clock;
    return toNanos(days, undefined, "d", cell) + toNanos(hours, undefined, "h", cell) +
      toNanos(minutes, undefined, "m", cell) + toNanos(seconds, fraction, "s", cell);
  }
  if (/^P(?=.)/i.test(text)) return sumIso(text.slice(1), cell);
  return sumAll(text, PART, cell);
}

/** What stands after the `P`: days and weeks, then after a `T` the rest; there an `M` is a minute. */
function sumIso(text: string, cell: string): bigint | undefined {
  const [date = "", time, more] = text.split(/t/i);
  if (more !== undefined || time === "" || /[hms]/i.test(date) || /[wd]/i.test(time ?? "")) {
    return undefined;
  }
  const days = date === "" ? 0n : sumAll(date, ISO_PART, cell);
  const rest = time === undefined ? 0n : sumAll(time, ISO_PART, cell);
  return days === undefined || rest === undefined ? undefined : days + rest;
}

/** Numbers with units, each unit once. */
function sumAll(text: string, part: RegExp, cell: string): bigint | undefined {
  if (text === "") return undefined;
  let nanos = 0n;
  const seen = new Set<string>();
  part.lastIndex = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    const unit = match?.[3]?.toLowerCase() ?? "";
    if (match === null || seen.has(unit) || (match[1] ?? match[2]) === undefined) return undefined;
    seen.add(unit);
    nanos += toNanos(match[1], match[2], unit, cell);
  }
  return nanos;
}

function toNanos(
  whole: string | undefined,
  fraction: string | undefined,
  unit: string,
  cell: string,
): bigint {
  const nanosPerUnit = NANOS_PER_UNIT[unit] ?? NANOS_PER_SECOND;
  const scale = 10n ** BigInt(fraction?.length ?? 0);
  const product = BigInt(fraction ?? "0") * nanosPerUnit;
  if (product % scale !== 0n) throw new CellError(`${quote(cell)} is finer than a nanosecond`);
  return BigInt(whole ?? "0") * nanosPerUnit + product / scale;
}

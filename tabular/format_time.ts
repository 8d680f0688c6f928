import { isRecord } from "./is_record.ts";

/** Writes a `google.protobuf.Timestamp` as RFC 3339 in UTC, with 0, 3, 6 or 9 digits of a second. */
export function formatTimestamp(value: unknown): string {
  const { seconds, nanos } = readParts(value);
  const date = new Date(Number(seconds) * 1000);
  // Beyond the range of a Date (and of a Timestamp) the plain number is all that can be said.
  if (Number.isNaN(date.getTime())) return `${seconds}${formatFraction(nanos)}`;
  return `${date.toISOString().slice(0, -5)}${formatFraction(nanos)}Z`;
}

/** Writes a `google.protobuf.Duration` as `1.5s`. */
export function formatDuration(value: unknown): string {
  const { seconds, nanos } = readParts(value);
  const sign = nanos < 0 && !seconds.startsWith("-") ? "-" : "";
  return `${sign}${seconds}${formatFraction(Math.abs(nanos))}s`;
}

function formatFraction(nanos: number): string {
  if (nanos === 0) return "";
  const digits = String(nanos).padStart(9, "0");
  return `.${digits.replace(/(?:000){1,2}$/, "")}`;
}

function readParts(value: unknown): { seconds: string; nanos: number } {
  if (!isRecord(value)) return { seconds: "0", nanos: 0 };
  return { seconds: String(value["seconds"] ?? 0), nanos: Number(value["nanos"] ?? 0) };
}

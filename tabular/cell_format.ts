import type { FieldType } from "../schema/mod.ts";
import { WRAPPER_TYPES } from "./wrapper_types.ts";

/**
 * How the cells of a column are written, where their text alone does not tell: the end of `--map column=field:ms`.
 *
 * `s`, `ms`, `us`, `ns` are the unit of a number that becomes a Timestamp (since 1970) or a Duration; `hex` and `base64`
 * are how bytes are spelt; `file` names a file whose content are the bytes.
 */
export type CellFormat = "s" | "ms" | "us" | "ns" | "hex" | "base64" | "file";

const TIME_FORMATS: readonly CellFormat[] = ["s", "ms", "us", "ns"];
const BYTES_FORMATS: readonly CellFormat[] = ["hex", "base64", "file"];

/** Reads the name of a format; undefined if it is none. */
export function parseCellFormat(text: string): CellFormat | undefined {
  return [...TIME_FORMATS, ...BYTES_FORMATS].find((format) => format === text);
}

/** The formats that cells of a type can have; empty for most. */
export function formatsOf(type: FieldType): readonly CellFormat[] {
  if (type.kind === "enum") return [];
  if (type.kind === "scalar") return type.scalar === "bytes" ? BYTES_FORMATS : [];
  const { fullName } = type.message;
  const isTime = fullName === "google.protobuf.Timestamp" ||
    fullName === "google.protobuf.Duration";
  if (isTime) return TIME_FORMATS;
  return WRAPPER_TYPES.get(fullName) === "bytes" ? BYTES_FORMATS : [];
}

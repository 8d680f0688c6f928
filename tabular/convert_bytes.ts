import { Buffer } from "node:buffer";
import type { CellFormat } from "./cell_format.ts";
import { CellError, quote } from "./tabular_error.ts";

/** Reads the file that a cell names; what it throws becomes the reason that the row is rejected for. */
export type ReadFile = (name: string) => Uint8Array;

/** How cells of bytes are written. */
export interface BytesOptions {
  /** Default: told from the text. */
  readonly format?: CellFormat | undefined;
  /** Without it no cell can name a file. */
  readonly readFile?: ReadFile | undefined;
}

const HEX_PREFIX = /^(?:0[xX]|hex:)/;
const BASE64_PREFIX = "base64:";
const HEX = /^(?:[0-9a-fA-F]{2})*$/;
/** Base64 of RFC 4648, sections 4 and 5, with or without padding. */
const BASE64 = /^(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?$/;
/** A `0x` that digits follow, but not in pairs: base64, or hex with one digit lost. */
const ODD_HEX = /^0[xX][0-9a-fA-F]+$/;

/**
 * Creates a converter from a cell to bytes: base64 of either alphabet, hex after `0x` or `hex:`, and with `readFile` a
 * file after `@`. `base64:` says that a text which begins with `0x` is not hex.
 */
export function createBytesConverter(options: BytesOptions = {}): (text: string) => Uint8Array {
  const { format, readFile } = options;
  return (text) => {
    const trimmed = text.trim();
    if (format === "file") return readNamed(trimmed.replace(/^@/, ""), readFile);
    if (trimmed.startsWith("@")) return readNamed(trimmed.slice(1), readFile);
    const bytes = format === "hex"
      ? decodeHex(trimmed.replace(HEX_PREFIX, ""))
      : format === "base64"
      ? decodeBase64(trimmed)
      : decodeAny(trimmed);
    if (bytes !== undefined) return bytes;
    const wanted = format === undefined ? "base64, or hex after 0x" : format;
    throw new CellError(`${quote(text)} is not bytes (${wanted})`);
  };
}

function decodeAny(text: string): Uint8Array | undefined {
  const prefix = HEX_PREFIX.exec(text)?.[0];
  const hex = prefix === undefined ? undefined : decodeHex(text.slice(prefix.length));
  if (hex !== undefined) return hex;
  // Random base64 begins with 0x, too, once in 4096 cells; only digits that could be hex are in doubt.
  return ODD_HEX.test(text) ? undefined : decodeBase64(text);
}

function decodeHex(digits: string): Uint8Array | undefined {
  return HEX.test(digits) ? Buffer.from(digits, "hex") : undefined;
}

function decodeBase64(text: string): Uint8Array | undefined {
  const digits = text.startsWith(BASE64_PREFIX) ? text.slice(BASE64_PREFIX.length) : text;
  return BASE64.test(digits) ? Buffer.from(digits, "base64") : undefined;
}

function readNamed(name: string, readFile: ReadFile | undefined): Uint8Array {
  if (readFile === undefined) {
    throw new CellError(`${quote(`@${name}`)} names a file, and cells may do so only with --files`);
  }
  try {
    return readFile(name);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CellError(`the file ${quote(name)} cannot be read: ${reason}`, { cause });
  }
}

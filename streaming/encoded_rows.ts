import { encodePrefix, ENVELOPE_OCTETS } from "../rpc/envelope.ts";
import {
  type ColumnPlan,
  createRowEncoder,
  CSV_READER_DEFAULTS,
  LINE_KINDS,
  LineScanner,
  type OctetSink,
  type PlainLines,
  PlainRecord,
  type RowEncoder,
  type RowEncoderOptions,
} from "../tabular/mod.ts";

/** Rows that are encoded in one go: they leave in the same turn, and share one look at the clock. */
const MAX_ROWS = 64;
/** The same in octets of the input, so that long rows do not outgrow the window by far. */
const MAX_OCTETS = 16_384;

/** Why the encoding of lines stopped. */
export type EncodingStop =
  /** There may be more lines. */
  | "limit"
  /** The next line is a record, but not one that fits. */
  | "record"
  /** What is left is for a careful reader; there may be nothing. */
  | "rest";

/**
 * The fast path from lines to messages that are ready to be sent, some rows at a time; undefined where it does not apply
 * (docs/stream.md, "Fast paths").
 */
export function createEncodedRows(
  plan: ColumnPlan,
  delimiter: string,
  options: RowEncoderOptions,
): EncodedRows | undefined {
  if (delimiter.length !== 1 || delimiter > "\x7f") return undefined;
  const encoder = createRowEncoder(plan, { ...options, prefixOctets: ENVELOPE_OCTETS });
  return encoder === undefined ? undefined : new EncodedRows(encoder, delimiter);
}

/** Turns lines of an input into messages that are ready to be sent, some rows at a time. */
export class EncodedRows {
  readonly #encoder: RowEncoder;
  readonly #delimiter: string;
  readonly #scanner: LineScanner;
  /** The lines of the rows encoded last. */
  readonly lines = new Float64Array(MAX_ROWS);
  readonly #starts = new Int32Array(MAX_ROWS);
  readonly #ends = new Int32Array(MAX_ROWS);
  /** How many rows were encoded last. */
  count = 0;

  /** @param delimiter a character of ASCII */
  constructor(encoder: RowEncoder, delimiter: string) {
    this.#encoder = encoder;
    this.#delimiter = delimiter;
    this.#scanner = new LineScanner({
      delimiterCode: delimiter.charCodeAt(0),
      columnCount: encoder.columnCount,
      maxOctets: CSV_READER_DEFAULTS.maxRecordChars,
    });
  }

  /** Appends the messages of the next rows, at most `limit`. */
  encode(source: PlainLines, out: OctetSink, limit: number): EncodingStop {
    const encoder = this.#encoder;
    const scanner = this.#scanner;
    const { octets } = source;
    const { bounds } = scanner;
    const maxRows = Math.min(limit, MAX_ROWS);
    const stopAt = source.position + MAX_OCTETS;
    this.count = 0;
    while (this.count < maxRows && source.position < stopAt) {
      if (scanner.scan(octets, source.position) !== LINE_KINDS.plain) return "rest";
      if (scanner.cellsEnd > source.position) {
        const isWhole = scanner.cellCount === encoder.columnCount;
        const at = isWhole ? encoder.encode(octets, bounds, out) : -1;
        if (at < 0) return "record";
        encodePrefix(out.bytes, at, out.length - at - ENVELOPE_OCTETS);
        this.lines[this.count] = source.line;
        this.#starts[this.count] = source.position;
        this.#ends[this.count] = scanner.cellsEnd;
        this.count++;
      }
      source.position = scanner.lineEnd;
      source.line++;
    }
    return "limit";
  }

  /** The record of one of the rows encoded last. */
  record(source: PlainLines, place: number): PlainRecord {
    const octets = source.octets.subarray(this.#starts[place], this.#ends[place]);
    return new PlainRecord(octets, {
      line: this.lines[place],
      delimiter: this.#delimiter,
    });
  }

  /** Takes the line at which the encoding stopped as a record. */
  takeRecord(source: PlainLines): PlainRecord {
    const { cellsEnd, lineEnd } = this.#scanner;
    const octets = source.octets.subarray(source.position, cellsEnd);
    const record = new PlainRecord(octets, { line: source.line, delimiter: this.#delimiter });
    source.position = lineEnd;
    source.line++;
    return record;
  }
}

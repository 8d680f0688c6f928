import {
  CSV_READER_DEFAULTS,
  CsvReader,
  type CsvReaderOptions,
  type CsvRecord,
} from "./csv_reader.ts";
import { type HeaderHints, isHeader } from "./detect_header.ts";
import { PlainLines } from "./plain_lines.ts";
import { TabularError } from "./tabular_error.ts";

const LINE_FEED_CODE = 0x0a;

/** How to read, and what a header could name. */
export interface ReadRowsOptions extends CsvReaderOptions, HeaderHints {
  /** Whether the first row names the columns; default `auto`: see `isHeader()`. */
  readonly header?: boolean | "auto" | undefined;
}

/** An input whose first row has been read. */
export interface Rows {
  /** The cells of the header, trimmed; undefined if there is none. */
  readonly header: readonly string[] | undefined;
  /** 1-based line of the first row, which is the header if there is one. */
  readonly firstLine: number;
  /** Cells of the first row. */
  readonly columnCount: number;
  /** Empty where rows are lines of JSON. */
  readonly delimiter: string;
  /** The records after the header, as they arrive; to be iterated once. It never yields an empty batch. */
  readonly batches: AsyncIterable<CsvRecord[]>;
  /** Lets go of the input; only needed if `batches` is never iterated. */
  close(): Promise<void>;
}

/** The same, with a second way to read the rest. */
export interface PlainRows extends Rows {
  /**
   * In place of `batches`, but lines that could be read in place come as they are: for `RowEncoder`. Of each
   * `PlainLines` the `rest()` is to be read before the next batch is asked for.
   */
  plainBatches(): AsyncIterable<CsvRecord[] | PlainLines>;
}

/**
 * Reads the first row of an input and prepares to read the rest, at the pace of the consumer.
 *
 * @param chunks a file or standard input
 * @throws {TabularError} if there is no row, or the input is not readable as CSV
 */
export async function readRows(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadRowsOptions = {},
): Promise<PlainRows> {
  const reader = new CsvReader(options);
  const mode = { isPlain: false };
  const batches = readBatches(chunks, reader, mode);
  try {
    const { value: first = [] } = await batches.next();
    // The first batch is always one of records.
    const records = first instanceof PlainLines ? [] : first;
    const [head] = records;
    if (head === undefined) {
      const source = options.source ?? CSV_READER_DEFAULTS.source;
      throw new TabularError(`Cannot read "${source}": it has no rows`);
    }
    const { header = "auto" } = options;
    const hasHeader = header === "auto" ? isHeader(head.cells, options) : header;
    const rest = resume(hasHeader ? records.slice(1) : records, batches);
    return {
      header: hasHeader ? head.cells.map((cell) => cell.trim()) : undefined,
      firstLine: head.line,
      columnCount: head.cells.length,
      delimiter: reader.delimiter ?? ",",
      // Without `plainBatches()` there are no others.
      batches: rest as AsyncGenerator<CsvRecord[], undefined>,
      plainBatches: () => {
        mode.isPlain = true;
        return rest;
      },
      close: async () => {
        await batches.return(undefined);
      },
    };
  } catch (error) {
    await batches.return(undefined);
    throw error;
  }
}

/** What is read at one time: at least one record, or lines as they are. */
type Batch = CsvRecord[] | PlainLines;

async function* readBatches(
  chunks: AsyncIterable<Uint8Array>,
  reader: CsvReader,
  mode: { readonly isPlain: boolean },
): AsyncGenerator<Batch, undefined> {
  for await (const chunk of chunks) {
    if (mode.isPlain) {
      yield* readPlain(chunk, reader);
    } else {
      const records = reader.push(chunk);
      if (records.length > 0) yield records;
    }
  }
  const records = reader.finish();
  if (records.length > 0) yield records;
  // A failure that had to wait for the records before it.
  reader.finish();
}

/** Brings a record that has begun to its end; what follows it is left as it is. */
function* readPlain(chunk: Uint8Array, reader: CsvReader): Generator<Batch, undefined> {
  let position = 0;
  while (!reader.isBetweenRecords && position < chunk.length) {
    const lineEnd = chunk.indexOf(LINE_FEED_CODE, position);
    const end = lineEnd < 0 ? chunk.length : lineEnd + 1;
    const records = reader.push(chunk.subarray(position, end));
    if (records.length > 0) yield records;
    position = end;
  }
  if (position < chunk.length) yield new PlainLines(reader, chunk, position);
}

async function* resume(
  first: CsvRecord[],
  rest: AsyncGenerator<Batch, undefined>,
): AsyncGenerator<Batch, undefined> {
  try {
    if (first.length > 0) yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

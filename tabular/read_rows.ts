import {
  CSV_READER_DEFAULTS,
  CsvReader,
  type CsvReaderOptions,
  type CsvRecord,
} from "./csv_reader.ts";
import { type HeaderHints, isHeader } from "./detect_header.ts";
import { TabularError } from "./tabular_error.ts";

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
  readonly delimiter: string;
  /** The records after the header, as they arrive; to be iterated once. It never yields an empty batch. */
  readonly batches: AsyncIterable<CsvRecord[]>;
  /** Lets go of the input; only needed if `batches` is never iterated. */
  close(): Promise<void>;
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
): Promise<Rows> {
  const reader = new CsvReader(options);
  const batches = readBatches(chunks, reader);
  try {
    const { value: first = [] } = await batches.next();
    const [head] = first;
    if (head === undefined) {
      const source = options.source ?? CSV_READER_DEFAULTS.source;
      throw new TabularError(`Cannot read "${source}": it has no rows`);
    }
    const { header = "auto" } = options;
    const hasHeader = header === "auto" ? isHeader(head.cells, options) : header;
    return {
      header: hasHeader ? head.cells.map((cell) => cell.trim()) : undefined,
      firstLine: head.line,
      columnCount: head.cells.length,
      delimiter: reader.delimiter ?? ",",
      batches: resume(hasHeader ? first.slice(1) : first, batches),
      close: async () => {
        await batches.return(undefined);
      },
    };
  } catch (error) {
    await batches.return(undefined);
    throw error;
  }
}

/** Batches of at least one record. */
async function* readBatches(
  chunks: AsyncIterable<Uint8Array>,
  reader: CsvReader,
): AsyncGenerator<CsvRecord[], undefined> {
  for await (const chunk of chunks) {
    const records = reader.push(chunk);
    if (records.length > 0) yield records;
  }
  const records = reader.finish();
  if (records.length > 0) yield records;
  // A failure that had to wait for the records before it.
  reader.finish();
}

async function* resume(
  first: CsvRecord[],
  rest: AsyncGenerator<CsvRecord[], undefined>,
): AsyncGenerator<CsvRecord[], undefined> {
  try {
    if (first.length > 0) yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

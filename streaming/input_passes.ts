import { type CsvRecord, PlainLines, type Rows, TabularError } from "../tabular/mod.ts";

/** What follows the first pass through an input. */
export interface NextPasses {
  /** Whether a pass without a row is the last one: to begin anew at once would be a loop without a pause. */
  readonly endsWithEmpty: boolean;
  /** Opens the input once more; undefined if that was all. */
  readonly open: () => Promise<Rows | undefined>;
  /** Told before the rows of each pass but the first. */
  readonly onPass: () => void;
  /** What messages call the input. */
  readonly source: string;
}

/**
 * The rows of an input that is read more than once: with `--loop` from its start, with `--follow` when another file has
 * taken its place.
 *
 * @throws TabularError if the columns are others than in the first pass
 */
export async function* readPasses(
  first: Rows,
  next: NextPasses,
): AsyncGenerator<CsvRecord[], undefined> {
  let hasRows = false;
  for await (const batch of first.batches) {
    hasRows = true;
    yield batch;
  }
  while (hasRows || !next.endsWithEmpty) {
    const rows = await next.open();
    if (rows === undefined) return;
    checkColumns(first, rows, next.source);
    next.onPass();
    hasRows = false;
    for await (const batch of rows.batches) {
      hasRows = true;
      yield batch;
    }
  }
}

function checkColumns(first: Rows, rows: Rows, source: string): void {
  const was = first.header?.join(rows.delimiter);
  const is = rows.header?.join(rows.delimiter);
  if (was === is && (was !== undefined || first.columnCount === rows.columnCount)) return;
  const found = is === undefined ? `${rows.columnCount} columns` : `the header "${is}"`;
  const wanted = was === undefined ? `${first.columnCount} columns` : `"${was}"`;
  throw new TabularError(
    `Cannot go on with "${source}": it begins anew with ${found} in place of ${wanted}`,
  );
}

/**
 * Leaves out the first rows, which an earlier run has dealt with.
 *
 * @throws TabularError if there are not as many
 */
export async function* skipRows<Batch extends CsvRecord[] | PlainLines>(
  batches: AsyncIterable<Batch>,
  count: number,
  source: string,
): AsyncGenerator<Batch | CsvRecord[], undefined> {
  let left = count;
  for await (const batch of batches) {
    if (left === 0) {
      yield batch;
      continue;
    }
    const records = batch instanceof PlainLines ? batch.rest() : batch as CsvRecord[];
    if (left < records.length) yield records.slice(left);
    left = Math.max(0, left - records.length);
  }
  if (left === 0) return;
  throw new TabularError(
    `Cannot resume "${source}": it has ${count - left} rows, and ${count} were dealt with already`,
  );
}

/** Counts what is read. */
export async function* countOctets(
  chunks: AsyncIterable<Uint8Array>,
  onRead: (octets: number) => void,
): AsyncGenerator<Uint8Array, undefined> {
  for await (const chunk of chunks) {
    onRead(chunk.length);
    yield chunk;
  }
}

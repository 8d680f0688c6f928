import { CSV_READER_DEFAULTS, type CsvRecord } from "./csv_reader.ts";
import { JsonColumns, type JsonColumnsOptions } from "./json_columns.ts";
import { type JsonLine, JsonLineReader } from "./json_line_reader.ts";
import type { PlainRows } from "./read_rows.ts";
import { TabularError } from "./tabular_error.ts";

/** How to read, and what the keys could name. */
export interface ReadJsonOptions extends JsonColumnsOptions {
  /** Whether the input may say nothing for long: no more is waited for than the first object. Default false. */
  readonly isLive?: boolean | undefined;
  /** The columns, where another pass has found them; default: those of the first lines. */
  readonly columns?: JsonColumns | undefined;
}

/** An input of JSON lines whose columns are known. */
export interface JsonRows extends PlainRows {
  readonly columns: JsonColumns;
}

/** The columns are the keys of so many lines, or of so many characters. */
const HEAD_LINES = 1000;
const HEAD_CHARS = 4 * 1024 * 1024;
const BATCH_LINES = 256;

/**
 * Reads the first lines of an input of JSON objects, one a line, and prepares to read the rest, at the pace of the
 * consumer. `delimiter` is empty, and nothing comes as it is: `plainBatches()` gives the same as `batches`.
 *
 * @throws {TabularError} if there is no object, or objects are not one a line
 */
export async function readJsonRows(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadJsonOptions,
): Promise<JsonRows> {
  const batches = readLines(chunks);
  try {
    const head = await readHead(batches, options);
    const source = options.source ?? CSV_READER_DEFAULTS.source;
    const [first] = head;
    if (first === undefined) throw new TabularError(`Cannot read "${source}": it has no rows`);
    const objects = head.flatMap(({ value }) => value ?? []);
    if (objects.length === 0 && options.columns === undefined) throw notRows(source, first);
    const columns = options.columns ?? new JsonColumns(objects, options);
    const records = toRecords(head, batches, columns);
    return {
      columns,
      header: columns.names,
      firstLine: first.line,
      columnCount: columns.names.length,
      delimiter: "",
      batches: records,
      plainBatches: () => records,
      close: async () => {
        await batches.return(undefined);
      },
    };
  } catch (error) {
    await batches.return(undefined);
    throw error;
  }
}

/** It never yields an empty batch. */
async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<JsonLine[], undefined> {
  const reader = new JsonLineReader();
  for await (const chunk of chunks) {
    const lines = reader.push(chunk);
    if (lines.length > 0) yield lines;
  }
  const lines = reader.finish();
  if (lines.length > 0) yield lines;
}

/** As many lines as it takes to know the columns. */
async function readHead(
  batches: AsyncGenerator<JsonLine[], undefined>,
  { source = CSV_READER_DEFAULTS.source, isLive = false, columns }: ReadJsonOptions,
): Promise<JsonLine[]> {
  const head: JsonLine[] = [];
  let chars = 0;
  let hasObject = columns !== undefined;
  for (;;) {
    const { value: lines, done } = await batches.next();
    if (done === true) return head;
    if (head.length === 0) refuseOther(source, lines[0]);
    for (const line of lines) {
      head.push(line);
      chars += line.text?.length ?? 0;
      hasObject ||= line.value !== undefined;
    }
    if (hasObject && (isLive || columns !== undefined)) return head;
    if (head.length >= HEAD_LINES || chars >= HEAD_CHARS) return head;
  }
}

async function* toRecords(
  head: readonly JsonLine[],
  batches: AsyncGenerator<JsonLine[], undefined>,
  columns: JsonColumns,
): AsyncGenerator<CsvRecord[], undefined> {
  try {
    yield* toBatches(head, columns);
    for await (const lines of batches) yield* toBatches(lines, columns);
  } finally {
    await batches.return(undefined);
  }
}

/** Some at a time: a short line may have many cells. */
function* toBatches(lines: readonly JsonLine[], columns: JsonColumns): Generator<CsvRecord[]> {
  for (let at = 0; at < lines.length; at += BATCH_LINES) {
    yield lines.slice(at, at + BATCH_LINES).map((line) => columns.toRecord(line));
  }
}

/** JSON that is laid out in another way is no row with a mistake in it. */
function refuseOther(source: string, { line, text = "", fault }: JsonLine): void {
  const begin = `Cannot read "${source}" line ${line}`;
  if (text.trimStart().startsWith("[")) {
    throw new TabularError(
      `${begin}: it is a JSON array; write one object a line, for example with jq -c '.[]'`,
      { line },
    );
  }
  if (text.trimStart().startsWith("{") && fault?.problem.startsWith("found the end") === true) {
    throw new TabularError(
      `${begin}: the object does not end on its line; write one object a line, for example with jq -c .`,
      { line },
    );
  }
}

function notRows(source: string, { line, fault }: JsonLine): TabularError {
  const where = fault?.column === undefined ? "" : ` column ${fault.column}`;
  const problem = fault?.problem ?? "there is no JSON object";
  return new TabularError(`Cannot read "${source}" line ${line}${where}: ${problem}`, { line });
}

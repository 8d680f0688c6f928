import { basename } from "node:path";
import {
  loadSources,
  type MessageShape,
  type Sources,
  withTemporaryProtos,
} from "../schema/mod.ts";
import {
  type CsvRecord,
  type DecimalMark,
  isHeader,
  planColumns,
  readRows,
  resolveFieldPath,
} from "../tabular/mod.ts";
import { ColumnGuess } from "./column_guess.ts";
import { detectDecimal, type DetectedDecimal } from "./detect_decimal.ts";
import { inferProto, type InferredProto } from "./infer_proto.ts";
import { baseName, type Origin } from "./origin.ts";
import { ScaffoldError } from "./scaffold_error.ts";

/** The rows of `sample.csv`. */
const SAMPLE_ROWS = 20;
/** The rows that tell of headers and decimal commas, at least. */
const HEAD_ROWS = 1000;
/** More columns than this in a question or an error would hide what it says. */
const MAX_LISTED = 20;

/** How to read the CSV. */
export interface CsvOriginOptions {
  readonly path: string;
  /** The column that is to be predicted: its name, or its number from 1. */
  readonly answer: string | undefined;
  /** What stands before the fraction of numbers; undefined if the cells are to tell. */
  readonly decimal?: DecimalMark | undefined;
  /** Asks for that column, where nothing was said; undefined if nobody is there to ask. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** A table whose first rows were read. */
interface OpenTable {
  /** The names of the columns; made up if there is no header. */
  readonly header: readonly string[];
  readonly hasHeader: boolean;
  readonly decimal: DecimalMark;
  /** What the user should know of its numbers. */
  readonly notes: readonly string[];
  /** All rows but the header. */
  readonly batches: AsyncIterable<readonly CsvRecord[]>;
}

/** A table, looked at from its first to its last row. */
interface Table extends OpenTable {
  readonly guesses: readonly ColumnGuess[];
  readonly rowCount: number;
  readonly sample: readonly (readonly string[])[];
}

/**
 * Makes a `.proto` of a CSV file.
 *
 * @throws ScaffoldError if there is no such column, or nobody says which one
 * @throws TabularError if the file is not CSV
 */
export async function readCsvOrigin(
  chunks: AsyncIterable<Uint8Array>,
  options: CsvOriginOptions,
): Promise<Origin> {
  const source = basename(options.path);
  const open = await openTable(chunks, options);
  const answer = await chooseAnswer(open.header, options);
  const table = await readTable(open, options.path);
  const inferred = inferProto({ ...table, source, answer });
  const name = protoName(source);
  const protos = { main: name, files: new Map([[name, inferred.text]]) };
  const sources = await withTemporaryProtos(protos, (main) => loadSources(main));
  const flags = [
    ...(table.decimal === "," ? ["--decimal ,"] : []),
    ...(table.hasHeader ? mapFlags(sources, table, inferred) : []),
  ];
  const notes = [...inferred.notes, ...table.notes];
  return {
    sources,
    defaultOut: baseName(name),
    origins: new Map(),
    sampleCsv: printSample(table),
    streamFlags: flags.join(" "),
    notes: flags.length === 0
      ? notes
      : [...notes, `To stream the file, broker stream needs ${flags.join(" ")}`],
  };
}

/** Reads the first rows, and decides what they are. */
async function openTable(
  chunks: AsyncIterable<Uint8Array>,
  { path, decimal: wanted }: CsvOriginOptions,
): Promise<OpenTable> {
  const rows = await readRows(chunks, { source: path, header: false, decimal: wanted });
  const batches = rows.batches[Symbol.asyncIterator]();
  const head: CsvRecord[] = [];
  while (head.length < HEAD_ROWS) {
    const step = await batches.next();
    if (step.done) break;
    for (const record of step.value) head.push(record);
  }
  const first = head[0]?.cells ?? [];
  // With a decimal comma `broker stream` would split at these instead.
  const isUnsure = rows.delimiter === "," && first.some((cell) => /[;|\t]/.test(cell));
  const found = wanted === undefined && !isUnsure
    ? detectDecimal(head.map(({ cells }) => cells))
    : undefined;
  const decimal = wanted ?? found?.decimal ?? ".";
  const hasHeader = isHeader(first, { decimal });
  const header = first.map((cell, index) => hasHeader ? cell.trim() : `column_${index + 1}`);
  return {
    header,
    hasHeader,
    decimal,
    notes: describeDecimal(found, header),
    batches: resume(hasHeader ? head.slice(1) : head, batches),
  };
}

async function* resume(head: readonly CsvRecord[], rest: AsyncIterator<CsvRecord[]>) {
  try {
    yield head;
    for (let step = await rest.next(); !step.done; step = await rest.next()) yield step.value;
  } finally {
    await rest.return?.();
  }
}

function describeDecimal(
  found: DetectedDecimal | undefined,
  header: readonly string[],
): string[] {
  if (found?.evidence === undefined) return [];
  const { column, cell } = found.evidence;
  const place = `Column ${column + 1} (${JSON.stringify(header[column])})`;
  return [
    found.decimal === ","
      ? `${place} has decimal commas: "${cell}" is a number`
      : `${place} stays text: the comma of "${cell}" may be no decimal one; if it is one, run this ` +
        "again with --decimal , --force",
  ];
}

function protoName(source: string): string {
  const name = baseName(source).replace(/[^\w.-]+/g, "_").replace(/^[.-]+/, "");
  return `${name === "" ? "table" : name}.proto`;
}

async function chooseAnswer(
  header: readonly string[],
  { path, answer, ask }: CsvOriginOptions,
): Promise<number> {
  const listed = header.slice(0, MAX_LISTED).map((name, index) => `${index + 1} ${name}`).join(
    ", ",
  );
  const left = header.length - MAX_LISTED;
  const columns = left > 0 ? `${listed} and ${left} more` : listed;
  const wanted = answer ?? await ask?.(`Which column is to be predicted? ${columns}: `);
  if (wanted === undefined) {
    throw new ScaffoldError(
      `Cannot tell which column of "${path}" is to be predicted: name it with --answer; there are ${columns}`,
    );
  }
  const text = wanted.trim();
  const exact = header.indexOf(text);
  const index = exact >= 0
    ? exact
    : header.findIndex((name) => name.toLowerCase() === text.toLowerCase());
  if (index >= 0) return index;
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= header.length) return number - 1;
  throw new ScaffoldError(
    `Cannot predict "${text}": "${path}" has no such column, only ${columns}`,
  );
}

/** Reads every row; a row with too few or too many cells is the file's fault. */
async function readTable(open: OpenTable, path: string): Promise<Table> {
  const { header, decimal } = open;
  const guesses = header.map(() => new ColumnGuess(decimal));
  const sample: string[][] = [];
  let rowCount = 0;
  for await (const batch of open.batches) {
    for (const { cells, line } of batch) {
      if (cells.length !== header.length) {
        throw new ScaffoldError(
          `Cannot read "${path}" line ${line}: found ${cells.length} cells, expected ${header.length}`,
        );
      }
      for (const [index, cell] of cells.entries()) guesses[index]?.add(cell);
      if (sample.length < SAMPLE_ROWS) sample.push(cells);
      rowCount++;
    }
  }
  return { ...open, guesses, rowCount, sample };
}

/** The `--map` flags without which a column would not find its field. */
function mapFlags(sources: Sources, { header }: Table, { paths }: InferredProto): string[] {
  const message = sources.schema.services[0]?.methods[0]?.request;
  if (message === undefined) return [];
  const single = header.flatMap((name, index) => {
    const path = paths[index] ?? "";
    if (path.includes("[") || findsField(message, name, path) && isOnly(header, name)) return [];
    return [mapEntry(header, index, path)];
  });
  if (fits(message, header, { map: single, paths })) return single.map(quote);
  const lists = header.flatMap((_, index) => {
    const path = paths[index] ?? "";
    return path.includes("[") ? [mapEntry(header, index, path)] : [];
  });
  return [...single, ...lists].map(quote);
}

function mapEntry(header: readonly string[], index: number, path: string): string {
  const name = header[index] ?? "";
  const isPlain = isOnly(header, name) && name !== "" && !name.endsWith("*");
  return `${isPlain ? name : index + 1}=${path}`;
}

function isOnly(header: readonly string[], name: string): boolean {
  return header.filter((other) => other === name).length === 1;
}

function findsField(message: MessageShape, name: string, path: string): boolean {
  const result = resolveFieldPath(message, name);
  return result.kind === "found" && result.target.text === path;
}

/** Whether `broker stream` would bring every column where it belongs. */
function fits(
  message: MessageShape,
  header: readonly string[],
  { map, paths }: { readonly map: readonly string[]; readonly paths: readonly string[] },
): boolean {
  try {
    const plan = planColumns({ header, columnCount: header.length, message, map });
    return plan.columns.every(({ index, target }) => target?.text === paths[index]);
  } catch {
    return false;
  }
}

/** A flag as a shell takes it. */
function quote(entry: string): string {
  return `--map '${entry.replaceAll("'", "'\\''")}'`;
}

function printSample({ header, hasHeader, sample }: Table): string {
  const quoteCell = (cell: string) =>
    /[",\r\n;|\t]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  return [...(hasHeader ? [header] : []), ...sample]
    .map((cells) => `${cells.map(quoteCell).join(",")}\n`).join("");
}

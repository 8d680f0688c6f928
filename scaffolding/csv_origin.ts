import { basename } from "node:path";
import {
  loadSources,
  type MessageShape,
  type Sources,
  withTemporaryProtos,
} from "../schema/mod.ts";
import { planColumns, readRows, resolveFieldPath, type Rows } from "../tabular/mod.ts";
import { ColumnGuess } from "./column_guess.ts";
import { inferProto, type InferredProto } from "./infer_proto.ts";
import { baseName, type Origin } from "./origin.ts";
import { ScaffoldError } from "./scaffold_error.ts";

/** The rows of `sample.csv`. */
const SAMPLE_ROWS = 20;
/** More columns than this in a question or an error would hide what it says. */
const MAX_LISTED = 20;

/** How to read the CSV. */
export interface CsvOriginOptions {
  readonly path: string;
  /** The column that is to be predicted: its name, or its number from 1. */
  readonly answer: string | undefined;
  /** Asks for that column, where nothing was said; undefined if nobody is there to ask. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** A table, looked at from its first to its last row. */
interface Table {
  readonly rows: Rows;
  readonly header: readonly string[];
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
  const rows = await readRows(chunks, { source: options.path });
  const header = rows.header ??
    Array.from({ length: rows.columnCount }, (_, index) => `column_${index + 1}`);
  const answer = await chooseAnswer(header, options);
  const table = await readTable(rows, header, options.path);
  const hasHeader = rows.header !== undefined;
  const inferred = inferProto({ ...table, source, hasHeader, answer });
  const name = protoName(source);
  const protos = { main: name, files: new Map([[name, inferred.text]]) };
  const sources = await withTemporaryProtos(protos, (main) => loadSources(main));
  const flags = hasHeader ? mapFlags(sources, table, inferred) : [];
  const notes = flags.length === 0
    ? inferred.notes
    : [...inferred.notes, `To stream the file, broker stream needs ${flags.join(" ")}`];
  return {
    sources,
    defaultOut: baseName(name),
    origins: new Map(),
    sampleCsv: printSample(table, hasHeader),
    streamFlags: flags.join(" "),
    notes,
  };
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
async function readTable(rows: Rows, header: readonly string[], path: string): Promise<Table> {
  const guesses = header.map(() => new ColumnGuess());
  const sample: string[][] = [];
  let rowCount = 0;
  for await (const batch of rows.batches) {
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
  return { rows, header, guesses, rowCount, sample };
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

function printSample({ header, sample }: Table, hasHeader: boolean): string {
  const quoteCell = (cell: string) =>
    /[",\r\n;|\t]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  return [...(hasHeader ? [header] : []), ...sample]
    .map((cells) => `${cells.map(quoteCell).join(",")}\n`).join("");
}

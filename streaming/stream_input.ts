import { type InputFile, type Io, openInput } from "../cli/mod.ts";
import { untilAborted } from "../rpc/abortable.ts";
import type { MessageShape } from "../schema/mod.ts";
import {
  type CsvRecord,
  type JsonColumns,
  type PlainLines,
  type PlainRows,
  type ReadJsonOptions,
  readJsonRows,
  readRows,
  type ReadRowsOptions,
  type Rows,
} from "../tabular/mod.ts";
import type { StreamFlags } from "./check_flags.ts";
import { FileFollower } from "./follow_file.ts";
import { isJsonInput } from "./is_json_input.ts";
import { countOctets, readPasses, skipRows } from "./input_passes.ts";
import type { InputShare } from "./progress.ts";

/** What messages call an input. */
export function sourceName(input: string): string {
  return input === "-" ? "stdin" : input;
}

/** How an input is read. */
export interface StreamInputOptions {
  readonly path: string;
  readonly flags: StreamFlags;
  readonly io: Io;
  /** Told in a sentence of what becomes of a followed file. */
  readonly onNote: (sentence: string) => void;
}

/** What a run needs of its input. */
export interface RunNeeds {
  /** Rows that an earlier run has dealt with. */
  readonly skip: number;
  /** Whether lines may come as they are. Those of an input that is read again and again come as records all the same. */
  readonly takesLines: boolean;
  /** Told before the rows of each pass but the first. */
  readonly onPass: () => void;
}

/** The input of a run: a file or a pipe, once, again and again, or for as long as it grows. */
export class StreamInput implements AsyncDisposable {
  readonly #options: StreamInputOptions;
  readonly #follower: FileFollower | undefined;
  readonly #totalOctets: number | undefined;
  #readOctets = 0;
  #file: InputFile | undefined;
  /** What was detected in the first pass holds for the others. */
  #readNext: ((chunks: AsyncIterable<Uint8Array>) => Promise<Rows>) | undefined;
  #isJson = false;
  #hasAllColumns = true;

  /** @throws CommandError if the input is not there or cannot be read */
  static async open(options: StreamInputOptions): Promise<StreamInput> {
    const { path, flags, io } = options;
    if (flags.follow) return new StreamInput(options, undefined, undefined);
    const file = await openInput(path, io);
    return new StreamInput(options, file, flags.loop ? undefined : await sizeOf(path));
  }

  private constructor(
    options: StreamInputOptions,
    file: InputFile | undefined,
    totalOctets: number | undefined,
  ) {
    this.#options = options;
    this.#file = file;
    this.#totalOctets = totalOctets;
    const { path, flags, io, onNote } = options;
    if (flags.follow) this.#follower = new FileFollower(path, { stop: io.interrupted, onNote });
  }

  /** How much of the input was read; what is packed says nothing of its size. */
  get share(): InputShare {
    return { readOctets: this.#readOctets, totalOctets: this.#totalOctets };
  }

  /** Whether the rows are lines of JSON; false before `readFirst()`. */
  get isJson(): boolean {
    return this.#isJson;
  }

  /** Whether no columns but those of the first rows come: a live input of JSON may bring keys later. */
  get hasAllColumns(): boolean {
    return this.#hasAllColumns;
  }

  /** Reads the first row. @throws TabularError if there is none, InterruptedError */
  async readFirst(message: MessageShape): Promise<PlainRows> {
    const { path, flags, io } = this.#options;
    return await untilAborted(
      isJsonInput(path, flags, this.#chunks()).then(({ isJson, chunks }) => {
        this.#isJson = isJson;
        return isJson ? this.#readJson(message, chunks) : this.#readCsv(message, chunks);
      }),
      io.interrupted,
    );
  }

  async #readCsv(message: MessageShape, chunks: AsyncIterable<Uint8Array>): Promise<PlainRows> {
    const { path, flags } = this.#options;
    const options: ReadRowsOptions = {
      source: sourceName(path),
      delimiter: flags.delimiter === "\\t" ? "\t" : flags.delimiter,
      decimal: flags.decimal === "," ? "," : ".",
      header: flags.header ? true : flags.noHeader ? false : "auto",
      message,
      map: flags.mappings,
    };
    const rows = await readRows(chunks, options);
    const next = { ...options, delimiter: rows.delimiter, header: rows.header !== undefined };
    this.#readNext = (chunks) => readRows(chunks, next);
    return rows;
  }

  async #readJson(message: MessageShape, chunks: AsyncIterable<Uint8Array>): Promise<PlainRows> {
    const { path, flags } = this.#options;
    const { groupBy, replayColumn, defaults } = flags;
    const options: ReadJsonOptions = {
      source: sourceName(path),
      message,
      map: flags.mappings,
      named: [
        ...defaults.map((entry) => entry.slice(0, Math.max(0, entry.indexOf("=")))),
        ...groupBy === undefined ? [] : [groupBy],
        ...replayColumn === undefined ? [] : [replayColumn],
      ],
      isGrouped: groupBy !== undefined,
      isLive: flags.follow || path === "-" || !(await Deno.stat(path)).isFile,
    };
    this.#hasAllColumns = options.isLive !== true;
    const rows = await readJsonRows(chunks, options);
    const columns: JsonColumns = rows.columns;
    this.#readNext = (chunks) => readJsonRows(chunks, { ...options, columns });
    return rows;
  }

  /** All rows of the run. */
  batches(
    first: PlainRows,
    { skip, takesLines, onPass }: RunNeeds,
  ): AsyncIterable<CsvRecord[] | PlainLines> {
    const { path, flags } = this.#options;
    const source = sourceName(path);
    const batches = flags.loop || flags.follow
      ? readPasses(first, {
        open: () => this.#openNext(),
        onPass,
        source,
        endsWithEmpty: flags.loop,
      })
      : takesLines
      ? first.plainBatches()
      : first.batches;
    return skip === 0 ? batches : skipRows(batches, skip, source);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close();
  }

  async #openNext(): Promise<Rows | undefined> {
    const { path, io } = this.#options;
    if (this.#readNext === undefined || io.interrupted.aborted) return undefined;
    if (this.#follower === undefined) {
      await this.#file?.close();
      this.#file = await openInput(path, io);
    }
    try {
      return await this.#readNext(this.#chunks());
    } catch (error) {
      // The wait for the first row of a new file was ended.
      if (io.interrupted.aborted) return undefined;
      throw error;
    }
  }

  #chunks(): AsyncIterable<Uint8Array> {
    if (this.#follower !== undefined) return this.#follower.pass();
    return countOctets(this.#file?.chunks ?? emptyChunks(), (octets) => this.#readOctets += octets);
  }
}

async function* emptyChunks(): AsyncGenerator<Uint8Array> {}

/** Undefined for what is no plain file, or a packed one. */
async function sizeOf(path: string): Promise<number | undefined> {
  if (path === "-" || path.endsWith(".gz")) return undefined;
  const { isFile, size } = await Deno.stat(path);
  return isFile ? size : undefined;
}

import type { DecimalMark } from "./decimal_comma.ts";
import { detectDelimiter } from "./detect_delimiter.ts";
import { BINARY, looksBinary, NoTableError, UTF_16_START } from "./no_table.ts";
import { QuotedRecord } from "./quoted_record.ts";
import { TabularError } from "./tabular_error.ts";
import { Utf8Decoder } from "./utf8_decoder.ts";

/** One record: its cells without their quotes. */
export interface CsvRecord {
  readonly cells: string[];
  /** 1-based physical line on which the record starts. */
  readonly line: number;
}

/** How to read; `CSV_READER_DEFAULTS` holds what applies when left out. */
export interface CsvReaderOptions {
  /** One character; default: detected from the first line among `,`, `;`, tab and `|`. */
  readonly delimiter?: string | undefined;
  /** What stands before the fraction of a number, as far as it helps to detect the delimiter; default `.`. */
  readonly decimal?: DecimalMark | undefined;
  /** Longest record in UTF-16 code units; default 1 Mi. It bounds the memory of the reader. */
  readonly maxRecordChars?: number | undefined;
  /** What errors call the input; default `input`. */
  readonly source?: string | undefined;
}

export const CSV_READER_DEFAULTS = {
  maxRecordChars: 1024 * 1024,
  source: "input",
} as const satisfies CsvReaderOptions;

const LINE_FEED = "\n";
const CARRIAGE_RETURN_CODE = 0x0d;
const BYTE_ORDER_MARK_CODE = 0xfeff;
/** How a ZIP archive begins (APPNOTE.TXT, section 4.3.7). */
const ZIP_MARK = "PK\x03\x04";
/** How PNG and HDF5 begin, so that nobody takes them for text. */
const PICTURE_OCTET = 0x89;

/**
 * Reads CSV from chunks of octets: RFC 4180 with LF or CRLF, multi-line cells, an optional byte order mark;
 * blank lines are skipped. Errors come after all records before them, whatever the chunking.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const reader = new CsvReader();
 * const records = reader.push(new TextEncoder().encode('id,name\n1,"a ""b"""'));
 * assert.deepEqual(records, [{ cells: ["id", "name"], line: 1 }]);
 * assert.deepEqual(reader.finish(), [{ cells: ["1", 'a "b"'], line: 2 }]);
 * ```
 */
export class CsvReader {
  readonly #decoder = new Utf8Decoder();
  readonly #source: string;
  readonly #maxRecordChars: number;
  readonly #decimal: DecimalMark | undefined;
  #delimiter: string | undefined;
  /** The last line so far, as its end has not arrived. */
  #partial = "";
  /** A record whose quoted cell goes on in the next line. */
  #quoted: QuotedRecord | undefined;
  /** 1-based number of the line that `#partial` belongs to. */
  #line = 1;
  #atStart = true;
  /** Whether the first line that is not blank has been looked at; it never takes the fast path. */
  #isInspected = false;
  #failure: TabularError | undefined;

  constructor(options: CsvReaderOptions = {}) {
    this.#delimiter = options.delimiter;
    this.#decimal = options.decimal;
    this.#source = options.source ?? CSV_READER_DEFAULTS.source;
    this.#maxRecordChars = options.maxRecordChars ?? CSV_READER_DEFAULTS.maxRecordChars;
  }

  /** The delimiter in use; undefined until the first line has been seen. */
  get delimiter(): string | undefined {
    return this.#delimiter;
  }

  /** 1-based number of the line that comes next, or of the one that has begun. */
  get line(): number {
    return this.#line;
  }

  /** True between two lines that belong to no record together, once the delimiter is known. */
  get isBetweenRecords(): boolean {
    return this.#isInspected && this.#partial === "" && this.#quoted === undefined &&
      this.#failure === undefined && this.#decoder.isBetweenCharacters;
  }

  /** Counts lines that somebody else has read; only between records. */
  skipLines(count: number): void {
    this.#line += count;
  }

  /**
   * Takes the next octets and returns the records that they complete.
   *
   * @throws {TabularError} if the input is not UTF-8, a record is too long, or a quote is misplaced
   */
  push(chunk: Uint8Array): CsvRecord[] {
    return this.#collect((records) => {
      const { text, invalidOctet } = this.#decoder.decode(chunk);
      this.#read(text, records);
      if (invalidOctet !== undefined) throw this.#notUtf8(invalidOctet);
    });
  }

  /**
   * Says that no more octets follow, and returns the last record if its line did not end.
   *
   * @throws {TabularError} as `push()`, and if a quote is still open
   */
  finish(): CsvRecord[] {
    return this.#collect((records) => {
      const { invalidOctet } = this.#decoder.finish();
      if (invalidOctet !== undefined) throw this.#notUtf8(invalidOctet);
      const last = this.#partial;
      this.#partial = "";
      if (last !== "") this.#readLine(last, records);
      if (this.#quoted !== undefined) {
        throw this.#error(this.#quoted.quoteLine, "the quote opened here is never closed");
      }
    });
  }

  /** Runs `read`; if it fails after some records, they come out first and the failure at the next call. */
  #collect(read: (records: CsvRecord[]) => void): CsvRecord[] {
    if (this.#failure !== undefined) throw this.#failure;
    const records: CsvRecord[] = [];
    try {
      read(records);
    } catch (error) {
      if (!(error instanceof TabularError)) throw error;
      this.#failure = error;
      if (records.length === 0) throw error;
    }
    return records;
  }

  #read(text: string, records: CsvRecord[]): void {
    const position = this.#skipByteOrderMark(text);
    const scan = { text, position, quote: nextIndex(text, '"', position), delimiter: -1 };
    while (scan.position < text.length) {
      if (this.#partial === "" && this.#quoted === undefined && this.#isInspected) {
        this.#readPlainLines(scan, records);
      }
      const end = text.indexOf(LINE_FEED, scan.position);
      if (end < 0) break;
      const line = this.#partial + text.slice(scan.position, end);
      this.#partial = "";
      this.#readLine(line, records);
      this.#line++;
      scan.position = end + 1;
      if (scan.quote <= end) scan.quote = nextIndex(text, '"', scan.position);
    }
    this.#partial += text.slice(scan.position);
    this.#checkLength(this.#line, this.#partial.length + (this.#quoted?.chars ?? 0));
  }

  /** The fast path: splits whole lines in place, up to the line that holds a quote or has no end. */
  #readPlainLines(scan: Scan, records: CsvRecord[]): void {
    const { text, quote } = scan;
    const delimiter = this.#delimiter ?? "";
    let { position, delimiter: next } = scan;
    if (next < position) next = nextIndex(text, delimiter, position);
    for (;;) {
      const lineEnd = text.indexOf(LINE_FEED, position);
      if (lineEnd < 0 || quote < lineEnd) break;
      const line = this.#line;
      this.#checkLength(line, lineEnd - position);
      const end = endOfCells(text, position, lineEnd);
      if (end > position) {
        const cells: string[] = [];
        let cell = position;
        while (next < end) {
          cells.push(text.slice(cell, next));
          cell = next + 1;
          next = nextIndex(text, delimiter, cell);
        }
        cells.push(text.slice(cell, end));
        records.push({ cells, line });
      }
      this.#line = line + 1;
      position = lineEnd + 1;
    }
    scan.position = position;
    scan.delimiter = next;
  }

  /** The careful path: the first line, lines cut by a chunk's end, and lines with quotes. */
  #readLine(line: string, records: CsvRecord[]): void {
    this.#checkLength(this.#quoted?.line ?? this.#line, line.length + (this.#quoted?.chars ?? 0));
    if (this.#quoted === undefined) {
      const end = endOfCells(line, 0, line.length);
      if (end === 0) return;
      if (!this.#isInspected) this.#inspectFirstLine(line.slice(0, end));
      const delimiter = this.#delimiter ?? "";
      if (!line.includes('"')) {
        records.push({ cells: line.slice(0, end).split(delimiter), line: this.#line });
        return;
      }
      this.#quoted = new QuotedRecord(this.#line, delimiter);
    }
    const record = this.#quoted;
    const result = record.addLine(line, this.#line);
    if (result === "open") return;
    this.#quoted = undefined;
    if (result === "text_after_quote") {
      const column = record.cells.length;
      throw this.#error(
        this.#line,
        `there is text after the closing quote of column ${column}; write a quote within quotes twice`,
      );
    }
    records.push({ cells: record.cells, line: record.line });
  }

  #inspectFirstLine(line: string): void {
    this.#isInspected = true;
    this.#delimiter ??= detectDelimiter(line, this.#decimal);
    this.#refuseZip(line);
    if (UTF_16_START.test(line)) throw this.#noTable();
    if (line.includes("\r") && !line.includes('"')) {
      throw this.#error(
        this.#line,
        "lines end in a carriage return alone; convert them to LF or CRLF",
      );
    }
  }

  #refuseZip(firstLine: string): void {
    if (!firstLine.startsWith(ZIP_MARK)) return;
    throw this.#error(
      this.#line,
      "it is a ZIP archive, or a workbook such as .xlsx; export it as CSV",
    );
  }

  #skipByteOrderMark(text: string): number {
    if (!this.#atStart || text === "") return 0;
    this.#atStart = false;
    return text.charCodeAt(0) === BYTE_ORDER_MARK_CODE ? 1 : 0;
  }

  #checkLength(line: number, chars: number): void {
    if (chars <= this.#maxRecordChars) return;
    const hint = this.#quoted === undefined
      ? ""
      : `; is the quote opened on line ${this.#quoted.quoteLine} never closed?`;
    throw this.#error(
      this.#quoted?.line ?? line,
      `the record is longer than ${this.#maxRecordChars} characters${hint}`,
    );
  }

  #notUtf8(octet: number): TabularError {
    if (!this.#isInspected) {
      this.#refuseZip(this.#partial);
      const isPicture = this.#partial === "" && octet === PICTURE_OCTET;
      if (isPicture || looksBinary(this.#partial)) throw this.#noTable();
    }
    const found = `0x${octet.toString(16).toUpperCase().padStart(2, "0")}`;
    return this.#error(this.#line, `the octet ${found} is not UTF-8; save the file as UTF-8`);
  }

  #noTable(): NoTableError {
    const line = this.#line;
    return new NoTableError(`Cannot read "${this.#source}" line ${line}: ${BINARY}`, { line });
  }

  #error(line: number, problem: string): TabularError {
    return new TabularError(`Cannot read "${this.#source}" line ${line}: ${problem}`, { line });
  }
}

/**
 * How far a chunk has been searched. The positions of the next quote and the next delimiter stay valid from
 * line to line: searching for them anew in each line would make files without any quadratic.
 */
interface Scan {
  readonly text: string;
  position: number;
  quote: number;
  delimiter: number;
}

/** `indexOf` that puts "nowhere" behind everything. */
function nextIndex(text: string, part: string, from: number): number {
  const index = text.indexOf(part, from);
  return index < 0 ? Infinity : index;
}

/** Where the cells of a line end: before a carriage return. */
function endOfCells(text: string, start: number, lineEnd: number): number {
  const isCrlf = lineEnd > start && text.charCodeAt(lineEnd - 1) === CARRIAGE_RETURN_CODE;
  return isCrlf ? lineEnd - 1 : lineEnd;
}

/** How far a physical line took a record. */
export type QuotedLineResult = "complete" | "open" | "text_after_quote";

/**
 * Parses a record with quoted cells, one physical line at a time, each line once (RFC 4180, section 2).
 *
 * A quote inside a cell that does not begin with one is an ordinary character, as in most readers.
 */
export class QuotedRecord {
  /** 1-based line on which the record starts. */
  readonly line: number;
  readonly cells: string[] = [];
  readonly #delimiter: string;
  /** The quoted cell that goes on in the next line; undefined outside of one. */
  #open: string | undefined;
  /** 1-based line of the last opening quote. */
  quoteLine: number;
  /** UTF-16 code units so far. */
  chars = 0;

  constructor(line: number, delimiter: string) {
    this.line = line;
    this.quoteLine = line;
    this.#delimiter = delimiter;
  }

  /** Takes a line without its `\n`; `line` is its number. */
  addLine(text: string, line: number): QuotedLineResult {
    this.chars += text.length + 1;
    const end = text.endsWith("\r") ? text.length - 1 : text.length;
    let position = 0;
    for (;;) {
      if (this.#open !== undefined || text[position] === '"') {
        if (this.#open === undefined) {
          this.#open = "";
          this.quoteLine = line;
          position++;
        }
        position = this.#readQuoted(text, position);
        if (position < 0) return "open";
        if (position >= end) return "complete";
        if (!text.startsWith(this.#delimiter, position)) return "text_after_quote";
        position += this.#delimiter.length;
        continue;
      }
      const next = text.indexOf(this.#delimiter, position);
      if (next < 0) {
        this.cells.push(text.slice(position, Math.max(position, end)));
        return "complete";
      }
      this.cells.push(text.slice(position, next));
      position = next + this.#delimiter.length;
    }
  }

  /** Reads on in the open cell; returns the position behind its closing quote, or -1 if it stays open. */
  #readQuoted(text: string, start: number): number {
    let open = this.#open ?? "";
    let position = start;
    for (;;) {
      const quote = text.indexOf('"', position);
      if (quote < 0) {
        this.#open = `${open}${text.slice(position)}\n`;
        return -1;
      }
      if (text[quote + 1] !== '"') {
        this.cells.push(open + text.slice(position, quote));
        this.#open = undefined;
        return quote + 1;
      }
      open += text.slice(position, quote + 1);
      position = quote + 2;
    }
  }
}

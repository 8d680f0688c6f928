/** What a line of octets is, as `LineScanner.scan()` finds it. */
export const LINE_KINDS = {
  /** Whole, ASCII, and without a quote: cells can be read where they stand. */
  plain: 0,
  /** Its end has not come. */
  open: 1,
  /** It holds a quote or a character beyond ASCII, or is too long: for `CsvReader`. */
  careful: 2,
} as const;

/** What a line of octets is. */
export type LineKind = typeof LINE_KINDS[keyof typeof LINE_KINDS];

const LINE_FEED_CODE = 0x0a;
const CARRIAGE_RETURN_CODE = 0x0d;
const QUOTE_CODE = 0x22;
const FIRST_BEYOND_ASCII = 0x80;

/** Finds the cells of one line after the other, in octets and without a copy. */
export class LineScanner {
  /** Where the cells of the line begin, and one behind the end of the last one. */
  readonly bounds: Int32Array;
  /** Cells of the line; above the expected number, no more are noted than that. */
  cellCount = 0;
  /** Behind the cells: before the CR or LF. */
  cellsEnd = 0;
  /** Behind the LF. */
  lineEnd = 0;
  readonly #delimiterCode: number;
  readonly #columnCount: number;
  readonly #maxOctets: number;

  /** @param options.delimiterCode of ASCII */
  constructor(
    options: {
      readonly delimiterCode: number;
      readonly columnCount: number;
      readonly maxOctets: number;
    },
  ) {
    this.#delimiterCode = options.delimiterCode;
    this.#columnCount = options.columnCount;
    this.#maxOctets = options.maxOctets;
    this.bounds = new Int32Array(options.columnCount + 1);
  }

  /** Looks at the line that begins at `from`. */
  scan(octets: Uint8Array, from: number): LineKind {
    const { bounds } = this;
    const delimiter = this.#delimiterCode;
    const columnCount = this.#columnCount;
    const { length } = octets;
    let count = 1;
    bounds[0] = from;
    for (let position = from; position < length; position++) {
      const code = octets[position];
      if (code === delimiter) {
        if (count < columnCount) bounds[count] = position + 1;
        count++;
      } else if (code === LINE_FEED_CODE) {
        if (position - from > this.#maxOctets) return LINE_KINDS.careful;
        const isCrlf = position > from && octets[position - 1] === CARRIAGE_RETURN_CODE;
        const end = isCrlf ? position - 1 : position;
        if (count <= columnCount) bounds[count] = end + 1;
        this.cellCount = count;
        this.cellsEnd = end;
        this.lineEnd = position + 1;
        return LINE_KINDS.plain;
      } else if (code === QUOTE_CODE || code >= FIRST_BEYOND_ASCII) {
        return LINE_KINDS.careful;
      }
    }
    return LINE_KINDS.open;
  }
}

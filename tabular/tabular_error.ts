/** Where an error was found; what is not known is left out. */
export interface TabularErrorOptions extends ErrorOptions {
  /** 1-based physical line of the input. */
  readonly line?: number;
}

/** Rows cannot be read or mapped; the message is one sentence. Nothing after it can be read either. */
export class TabularError extends Error {
  override readonly name: string = "TabularError";
  readonly line: number | undefined;

  constructor(message: string, options: TabularErrorOptions = {}) {
    super(message, options);
    this.line = options.line;
  }
}

/** What a rejected row says of itself. */
export interface RowErrorDetails {
  readonly line: number;
  /** 1-based; undefined if the row as a whole is wrong. */
  readonly column?: number;
  /** The cell as read. */
  readonly value?: string;
  /** What is wrong, without the place: `"12,5" is not a float`. */
  readonly reason: string;
}

/** One row cannot become a message; the rows after it can still be read. */
export class RowError extends TabularError {
  override readonly name: string = "RowError";
  readonly details: RowErrorDetails;

  constructor(message: string, details: RowErrorDetails, options: ErrorOptions = {}) {
    super(message, { ...options, line: details.line });
    this.details = details;
  }
}

/** A cell cannot be converted; its message is the reason alone, the row mapper adds the place. */
export class CellError extends Error {
  override readonly name = "CellError";
}

/** More of a bad cell than this makes a message unreadable. */
const MAX_QUOTED_CHARS = 60;

/** Quotes a value for a message, shortened and without line breaks. */
export function quote(value: string): string {
  const shown = value.length > MAX_QUOTED_CHARS ? `${value.slice(0, MAX_QUOTED_CHARS)}…` : value;
  return `"${shown.replaceAll("\r", "\\r").replaceAll("\n", "\\n")}"`;
}

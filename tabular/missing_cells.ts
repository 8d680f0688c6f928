/** What stands for a missing value. */
export interface MissingOptions {
  /** A cell of this text leaves its field unset, as an empty one always does; default none. */
  readonly nullText?: string | undefined;
  /** More such texts; default none. */
  readonly nullTexts?: readonly string[] | undefined;
}

/** Which cells have no value. */
export class MissingCells {
  /** The first text beside the empty one; empty if there is none. */
  readonly nullText: string;
  /** The others; undefined if there are none. */
  readonly more: ReadonlySet<string> | undefined;

  constructor({ nullText, nullTexts = [] }: MissingOptions = {}) {
    const [first = "", ...others] = [...nullText === undefined ? [] : [nullText], ...nullTexts];
    this.nullText = first;
    this.more = others.length === 0 ? undefined : new Set(others);
  }

  /** Whether a cell as it stands has no value. */
  has(text: string): boolean {
    return text === "" || text === this.nullText || this.more?.has(text) === true;
  }

  /** Whether a cell that is no value of its field has none: blanks around it do not count then. */
  hasTrimmed(text: string): boolean {
    return this.has(text.trim());
  }
}

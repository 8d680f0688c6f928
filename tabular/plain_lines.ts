import type { CsvReader, CsvRecord } from "./csv_reader.ts";

/**
 * Lines of an input that nobody has read yet, as they came: for who can take cells out of octets. What that reader
 * leaves is read by the `CsvReader` that reads the rest of the input: a single line, or all from some line on.
 */
export class PlainLines {
  /** A piece of the input; not to be changed. */
  readonly octets: Uint8Array;
  /** Where the next line begins. */
  position: number;
  /** 1-based number of that line. */
  line: number;
  readonly #reader: CsvReader;

  /** @param reader it stands at the beginning of the line at `position`, and is not used until `rest()` */
  constructor(reader: CsvReader, octets: Uint8Array, position: number) {
    this.#reader = reader;
    this.octets = octets;
    this.position = position;
    this.line = reader.line;
  }

  /**
   * Reads what was not taken, with all care: the records that end here. To be called once, in any case, as the beginning
   * of the next piece's first line may be among it.
   *
   * @throws {TabularError} as `CsvReader.push()`
   */
  rest(): CsvRecord[] {
    this.#reader.skipLines(this.line - this.#reader.line);
    return this.#reader.push(this.octets.subarray(this.position));
  }
}

const decoder = new TextDecoder();

/** A record that is split into its cells when they are asked for: for rows that may have to be sent again, or joined. */
export class PlainRecord implements CsvRecord {
  readonly line: number;
  readonly #octets: Uint8Array;
  readonly #delimiter: string;
  #cells: string[] | undefined;

  /** @param octets its cells, of ASCII and without quotes; they must not change */
  constructor(octets: Uint8Array, options: { readonly line: number; readonly delimiter: string }) {
    this.#octets = octets;
    this.line = options.line;
    this.#delimiter = options.delimiter;
  }

  get cells(): string[] {
    return this.#cells ??= decoder.decode(this.#octets).split(this.#delimiter);
  }
}

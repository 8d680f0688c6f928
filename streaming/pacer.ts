import { parseDecimal } from "../tabular/convert_decimal.ts";
import { createTimestampConverter } from "../tabular/convert_time.ts";
import type { DecimalMark } from "../tabular/decimal_comma.ts";
import { CellError, type CsvRecord, RowError } from "../tabular/mod.ts";

/** When rows are due: pure, the clock is handed in. */
export interface Pacer {
  /**
   * When the row is due, in ms of the clock. The first is due now; each later one by its place in the schedule, whatever
   * became of those before.
   *
   * @throws RowError for a row that says nothing of its time
   */
  dueMs(record: CsvRecord, nowMs: number): number;
  /** The input begins anew: time goes on. */
  nextPass(): void;
}

/** Rows at even distances. */
export class RatePacer implements Pacer {
  readonly #gapMs: number;
  #startMs: number | undefined;
  #count = 0;

  /** @param perSecond above 0 */
  constructor(perSecond: number) {
    this.#gapMs = 1000 / perSecond;
  }

  dueMs(_record: CsvRecord, nowMs: number): number {
    this.#startMs ??= nowMs;
    return this.#startMs + this.#gapMs * this.#count++;
  }

  nextPass(): void {}
}

/** How to replay. */
export interface ReplayOptions {
  /** 0-based place of the column with the times. */
  readonly columnIndex: number;
  /** As in the header, for messages. */
  readonly columnName: string;
  /** What messages call the input. */
  readonly source: string;
  /** Times faster than they were; above 0. */
  readonly speed: number;
  /** What stands before the fraction of a number; default `.`. */
  readonly decimal?: DecimalMark | undefined;
}

/** Rows at the distances that a column has: RFC 3339, or epoch numbers in s, ms, µs or ns, as the first row has it. */
export class ReplayPacer implements Pacer {
  readonly #options: ReplayOptions;
  #startMs: number | undefined;
  /** The column's time of the first row of this pass, in ms. */
  #firstMs: number | undefined;
  /** Milliseconds in one of the column's numbers. */
  #unitMs: number | undefined;
  readonly #readDate = createTimestampConverter();
  #lastDueMs = 0;
  #lastGapMs = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  dueMs(record: CsvRecord, nowMs: number): number {
    const timeMs = this.#readTime(record);
    if (this.#startMs === undefined) {
      this.#startMs = nowMs;
      this.#lastDueMs = nowMs;
    }
    this.#firstMs ??= timeMs;
    const wantedMs = this.#startMs + (timeMs - this.#firstMs) / this.#options.speed;
    // A time that goes back is due at once.
    const dueMs = Math.max(this.#lastDueMs, wantedMs);
    if (dueMs > this.#lastDueMs) this.#lastGapMs = dueMs - this.#lastDueMs;
    this.#lastDueMs = dueMs;
    return dueMs;
  }

  /** The first row of the next pass follows the last one at the distance of the last two. */
  nextPass(): void {
    if (this.#startMs === undefined) return;
    this.#startMs = this.#lastDueMs + this.#lastGapMs;
    this.#firstMs = undefined;
  }

  #readTime(record: CsvRecord): number {
    const { columnIndex, decimal } = this.#options;
    const text = record.cells[columnIndex]?.trim() ?? "";
    const number = parseDecimal(decimal === "," ? text.replace(",", ".") : text);
    if (number !== undefined && Number.isFinite(number)) {
      this.#unitMs ??= unitOf(Math.abs(number));
      return number * this.#unitMs;
    }
    try {
      const { seconds, nanos } = this.#readDate(text);
      return Number(seconds) * 1000 + nanos / 1_000_000;
    } catch (error) {
      if (!(error instanceof CellError)) throw error;
      throw this.#notATime(record, record.cells[columnIndex]);
    }
  }

  #notATime({ line }: CsvRecord, cell: string | undefined): RowError {
    const { columnIndex, columnName, source } = this.#options;
    const value = cell ?? "";
    const reason = `${JSON.stringify(value)} is not a time to replay (RFC 3339, or a number)`;
    return new RowError(
      `Cannot read "${source}" line ${line} column ${columnIndex + 1} (${columnName}): ${reason}`,
      { line, column: columnIndex + 1, value, reason },
    );
  }
}

/** By the magnitude of the first number, as for a Timestamp: the years 1973 to 5138 come out right in each. */
function unitOf(magnitude: number): number {
  if (magnitude < 1e11) return 1000;
  if (magnitude < 1e14) return 1;
  return magnitude < 1e17 ? 1e-3 : 1e-6;
}

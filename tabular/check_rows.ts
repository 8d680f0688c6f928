import type { ColumnPlan } from "./column_plan.ts";
import type { CsvRecord } from "./csv_reader.ts";
import { createJsonMapper } from "./json_mapper.ts";
import { createRowGrouper, type RowGrouperOptions } from "./row_grouper.ts";
import { RowError } from "./tabular_error.ts";

/** How many rows to try. */
export interface CheckRowsOptions extends RowGrouperOptions {
  /** Default 100. */
  readonly limit?: number | undefined;
}

/** What became of the first rows. */
export interface CheckedRows {
  /** How many were tried, the bad one included. */
  readonly rowCount: number;
  /** The first row that is good, or else the first. */
  readonly example: CsvRecord | undefined;
  /** The first row that is not good; those after it were not tried. */
  readonly failure: RowError | undefined;
  /** How many messages they make; the last may go on after the limit. */
  readonly messageCount: number;
}

/**
 * Tries the first rows of an input, for `--check`.
 *
 * @param batches as of `readRows()`; it is read no further than the limit, and closed
 * @throws {TabularError} if the input cannot be read, a default is no value, or a group is too large
 */
export async function checkRows(
  batches: AsyncIterable<readonly CsvRecord[]>,
  plan: ColumnPlan,
  options: CheckRowsOptions = {},
): Promise<CheckedRows> {
  const { limit = 100 } = options;
  const take = createTaker(plan, options);
  let rowCount = 0;
  let messageCount = 0;
  let example: CsvRecord | undefined;
  for await (const batch of batches) {
    for (const record of batch.slice(0, limit - rowCount)) {
      rowCount++;
      try {
        if (take(record)) messageCount++;
        example ??= record;
      } catch (failure) {
        if (!(failure instanceof RowError)) throw failure;
        return { rowCount, example: example ?? record, failure, messageCount };
      }
    }
    if (rowCount >= limit) break;
  }
  return { rowCount, example, failure: undefined, messageCount };
}

/** Converts a record, and says whether a message begins with it. */
function createTaker(
  plan: ColumnPlan,
  options: RowGrouperOptions,
): (record: CsvRecord) => boolean {
  if (plan.groupBy === undefined) {
    const mapper = createJsonMapper(plan, options);
    return (record) => {
      mapper.toMessage(record);
      return true;
    };
  }
  const grouper = createRowGrouper(plan, options);
  let isFirst = true;
  return (record) => {
    const begins = grouper.push(record) !== undefined || isFirst;
    isFirst = false;
    return begins;
  };
}

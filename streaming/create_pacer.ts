import { type ColumnPlan, TabularError } from "../tabular/mod.ts";
import { type StreamCommandLine } from "./check_flags.ts";
import { type Pacer, RatePacer, ReplayPacer } from "./pacer.ts";
import { sourceName } from "./stream_input.ts";

/** The schedule that the flags ask for; undefined for none. @throws TabularError if there is no such column */
export function createPacer(
  { flags, positionals }: StreamCommandLine,
  plan: ColumnPlan,
): Pacer | undefined {
  const { ratePerSecond, replayColumn, speed } = flags;
  if (ratePerSecond !== undefined) return new RatePacer(ratePerSecond);
  if (replayColumn === undefined) return undefined;
  const source = sourceName(positionals.input);
  const columnIndex = findColumn(plan, replayColumn);
  if (columnIndex === undefined) {
    const names = plan.columns.map(({ name, index }) => name ?? String(index + 1)).join(", ");
    throw new TabularError(
      `Cannot use --replay "${replayColumn}": "${source}" has no such column; it has ${names}`,
    );
  }
  const decimal = flags.decimal === "," ? "," : ".";
  return new ReplayPacer({ columnIndex, columnName: replayColumn, source, speed, decimal });
}

/** By name, or by number from 1 on where there is no header. */
function findColumn(plan: ColumnPlan, text: string): number | undefined {
  const named = plan.columns.find(({ name }) => name?.trim() === text.trim());
  if (named !== undefined) return named.index;
  const number = /^\d+$/.test(text) ? Number(text) : 0;
  return plan.columns.find(({ index }) => index + 1 === number)?.index;
}

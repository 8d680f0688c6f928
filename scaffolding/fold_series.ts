import { type ColumnGuess, commonType, type GuessedType } from "./column_guess.ts";

/** Columns that become one repeated field: `v0`, `v1`, `v2`. */
export interface Series {
  /** As the columns begin: `v`. */
  readonly prefix: string;
  /** 0-based columns, in the order of their numbers. */
  readonly columns: readonly number[];
  readonly type: GuessedType;
}

/** Two numbered columns are more likely two things than a list of two. */
const MIN_COLUMNS = 3;

/** `v0`, `v_0`, `v[0]`, `v.0`: as `broker stream` reads them. */
const NUMBERED = /^(.*?)[\s_.\-[]*(\d{1,9})\]?$/s;

/**
 * Finds numbered columns that can be one list: three or more, numbered from 0 or 1 without a gap, of one type, with a
 * value in every row.
 *
 * @returns the series, and why others are none
 */
export function findSeries(
  header: readonly string[],
  guesses: readonly ColumnGuess[],
  except: number | undefined,
): { readonly series: Series[]; readonly notes: string[] } {
  const groups = new Map<string, Map<number, number>>();
  for (const [index, column] of header.entries()) {
    const [, start = "", number = ""] = NUMBERED.exec(column.trim()) ?? [];
    const prefix = start.trim();
    if (prefix === "" || number === "" || index === except) continue;
    const group = groups.get(prefix) ?? new Map<number, number>();
    if (!group.has(Number(number))) group.set(Number(number), index);
    groups.set(prefix, group);
  }
  const series: Series[] = [];
  const notes: string[] = [];
  for (const [prefix, group] of groups) {
    if (group.size < MIN_COLUMNS) continue;
    const numbers = [...group.keys()].sort((left, right) => left - right);
    const columns = numbers.map((number) => group.get(number) ?? 0);
    const type = commonType(columns.map((index) => guesses[index]?.type ?? "string"));
    const first = numbers[0] ?? 0;
    const reason = first > 1 || numbers.at(-1) !== first + numbers.length - 1
      ? "their numbers have gaps"
      : columns.some((index) => guesses[index]?.hasGaps)
      ? "some of their cells are empty, and a list has no gaps"
      : type === undefined
      ? "they are not of one type"
      : undefined;
    if (reason === undefined && type !== undefined) series.push({ prefix, columns, type });
    else notes.push(`The columns ${prefix}${first}… stay apart: ${reason}`);
  }
  return { series, notes };
}

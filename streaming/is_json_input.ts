import { beginsLikeJson, guessByName } from "../tabular/mod.ts";
import type { StreamFlags } from "./check_flags.ts";

/** An input that was looked at. */
export interface SeenInput {
  readonly isJson: boolean;
  /** All of it. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Whether a flag is given that has a meaning for CSV only. */
export function hasCsvFlags(
  flags: Pick<StreamFlags, "header" | "noHeader" | "delimiter" | "decimal">,
): boolean {
  const { header, noHeader, delimiter, decimal } = flags;
  return header || noHeader || delimiter !== undefined || decimal === ",";
}

/** Finds out whether an input is lines of JSON: by its name, or else by how it begins. */
export async function isJsonInput(
  path: string,
  flags: Parameters<typeof hasCsvFlags>[0],
  chunks: AsyncIterable<Uint8Array>,
): Promise<SeenInput> {
  const guess = hasCsvFlags(flags) ? "csv" : guessByName(path);
  if (guess !== undefined) return { isJson: guess === "json", chunks };
  const iterator = chunks[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let isJson: boolean | undefined;
  while (isJson === undefined) {
    const step = await iterator.next();
    if (step.done === true) break;
    seen.push(step.value);
    isJson = beginsLikeJson(step.value);
  }
  return { isJson: isJson ?? false, chunks: startingWith(seen, iterator) };
}

/** What was read, then the rest, without a turn more for any of its chunks. */
function startingWith(
  seen: Uint8Array[],
  iterator: AsyncIterator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const value = seen.shift();
        return value === undefined ? iterator.next() : Promise.resolve({ done: false, value });
      },
      return: async () => await iterator.return?.() ?? { done: true, value: undefined },
    }),
  };
}

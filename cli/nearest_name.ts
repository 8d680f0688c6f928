/**
 * Finds the candidate that a mistyped name most likely means; undefined when none is near.
 *
 * Near is an edit distance of at most a third of the name's length (rounded up, at least 1), or a candidate that begins
 * with the name when that has three characters or more.
 *
 * @example
 * ```ts
 * assert.equal(nearestName("prot", ["host", "port"]), "port");
 * ```
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let limit = Math.max(1, Math.ceil(name.length / 3));
  let nearest: string | undefined;
  let completion: string | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    if (distance < limit || (distance === limit && nearest === undefined)) {
      limit = distance;
      nearest = candidate;
    }
    if (name.length >= 3 && candidate.startsWith(name)) completion ??= candidate;
  }
  return nearest !== undefined && limit <= 1 ? nearest : completion ?? nearest;
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn one text into the other.
 *
 * Source: optimal string alignment distance.
 */
export function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      let best = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (isSame ? 0 : 1),
      );
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      if (isSwap) best = Math.min(best, at(beforePrevious, column - 2) + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return at(previous, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

/** How often each line was said. */
type LineCounts = Map<string, number>;

/** Lets through once what each of several workers says alike, however often that comes. */
export class CommonLines {
  readonly #passed: LineCounts = new Map();

  /** Makes the filter of one worker: it tells whether a line is new, or was said by another worker before. */
  ofWorker(): (line: string) => boolean {
    const said: LineCounts = new Map();
    return (line) => {
      const count = (said.get(line) ?? 0) + 1;
      said.set(line, count);
      if (count <= (this.#passed.get(line) ?? 0)) return false;
      this.#passed.set(line, count);
      return true;
    };
  }
}

/** How often each line was said. */
type LineCounts = Map<string, number>;

/** The filter of one worker. */
export interface WorkerLines {
  /** Whether a line is new, or was said by another worker before. */
  isNew(line: string): boolean;
  /** To be called when it listens: from then on it says things together with the others. */
  started(): void;
}

/** Lets through once what each of several workers says alike, however often that comes. */
export class CommonLines {
  readonly #passed: LineCounts = new Map();

  ofWorker(): WorkerLines {
    const said: LineCounts = new Map();
    return {
      isNew: (line) => {
        const count = (said.get(line) ?? 0) + 1;
        said.set(line, count);
        if (count <= (this.#passed.get(line) ?? 0)) return false;
        this.#passed.set(line, count);
        return true;
      },
      // What was said before it came is said: it would take the next time for one of those.
      started: () => this.#passed.forEach((count, line) => said.set(line, count)),
    };
  }
}

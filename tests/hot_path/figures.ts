/** What one message costs on a way through the server. Counts are the same in each run; the time is a ratio. */
export interface WayFigures {
  /** Calls of `Socket.write()` for 1000 messages. */
  readonly writes: number;
  /** DATA frames for 1000 messages. */
  readonly dataFrames: number;
  /** Other frames (WINDOW_UPDATE) for 1000 messages. */
  readonly otherFrames: number;
  /** Octets of V8's heap for one message: objects, promises, closures, views. */
  readonly heapOctets: number;
  /** Octets of new byte arrays for one message. */
  readonly arrayOctets: number;
  /** Time, as a multiple of what protobufjs takes to decode and encode the same messages. */
  readonly time: number;
}

/** The figures of each way. */
export type HotPathFigures = Readonly<Record<string, WayFigures>>;

/** How much more than the baseline counts as a regression. Noise as measured: none in counts, 4 % in heapOctets, 25 % in time. */
export const TOLERANCES: Readonly<Record<keyof WayFigures, number>> = {
  writes: 1.05,
  dataFrames: 1.05,
  otherFrames: 1.05,
  heapOctets: 1.1,
  arrayOctets: 1.25,
  time: 1.5,
};

/** Below these a ratio says nothing: the figure may always be as large. */
const FLOORS: Readonly<Record<keyof WayFigures, number>> = {
  writes: 0.2,
  dataFrames: 0.2,
  otherFrames: 0.2,
  heapOctets: 8,
  arrayOctets: 4,
  time: 0,
};

/** One sentence for each figure that is worse than the baseline allows. */
export function findRegressions(found: HotPathFigures, baseline: HotPathFigures): string[] {
  return Object.entries(baseline).flatMap(([way, expected]) => {
    const figures = found[way];
    if (figures === undefined) return [`Way "${way}" was not measured`];
    return FIGURE_NAMES.flatMap((name) => {
      const most = Math.max(FLOORS[name], expected[name] * TOLERANCES[name]);
      if (figures[name] <= most) return [];
      return [`${way}: ${name} ${figures[name]}, was ${expected[name]}, at most ${round(most)}`];
    });
  });
}

/** Of each figure the least: what is measured too often is never too little. */
export function leastOf(one: HotPathFigures, other: HotPathFigures): HotPathFigures {
  return Object.fromEntries(
    Object.entries(one).map(([way, figures]) => {
      const least = FIGURE_NAMES.map((
        name,
      ) => [name, Math.min(figures[name], other[way]?.[name] ?? Infinity)]);
      return [way, Object.fromEntries(least) as unknown as WayFigures];
    }),
  );
}

/** Three digits. */
export function round(value: number): number {
  return Number(value.toPrecision(3));
}

const FIGURE_NAMES = Object.keys(TOLERANCES) as (keyof WayFigures)[];

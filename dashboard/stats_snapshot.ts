/** Messages and the octets that they travelled as, since the start. */
export interface Traffic {
  readonly messages: number;
  readonly octets: number;
}

/** What was counted of one method. */
export interface MethodStats {
  /** `/package.Service/Method`; `UNKNOWN_METHOD` for all that the server does not have, together. */
  readonly path: string;
  /** Calls since the start, and those that run. */
  readonly started: number;
  readonly ended: number;
  readonly running: number;
  readonly received: Traffic;
  readonly sent: Traffic;
  /** Calls that ended, by the name of their status. */
  readonly codes: Readonly<Record<string, number>>;
  /** How long the calls took that ended within the last minute: pairs of a bucket of `duration_buckets.ts` and a count. */
  readonly recent: readonly (readonly [bucket: number, count: number])[];
  /** The longest of them, in ms. */
  readonly recentMaxMs: number;
  /** Since the start: calls by `DURATION_BOUNDS_SECONDS`, the last for longer ones, and the sum of all. */
  readonly durationCounts: readonly number[];
  readonly durationSumSeconds: number;
}

/**
 * What a server is doing and has done: plain JSON, of which those of several workers add up (`mergeSnapshots()`).
 *
 * Times in ms, sizes in octets.
 */
export interface StatsSnapshot {
  /** Since 1970. */
  readonly atMs: number;
  readonly uptimeMs: number;
  readonly connections: number;
  /** Streams that are open, and handlers that run. */
  readonly streams: number;
  readonly running: number;
  readonly methods: readonly MethodStats[];
  readonly memory: { readonly rssOctets: number; readonly heapOctets: number };
  /** The longest time by which a timer came late within the last second. */
  readonly eventLoopLagMs: number;
}

/** Stands for the methods that a server does not have: their names are whatever a client makes up. */
export const UNKNOWN_METHOD = "unknown";

/**
 * Adds up the snapshots of workers of one process. Memory of the process and the lag are those of the worst.
 *
 * @throws Error if there is none
 */
export function mergeSnapshots(snapshots: readonly StatsSnapshot[]): StatsSnapshot {
  const [first] = snapshots;
  if (first === undefined) throw new Error("Cannot merge snapshots: there is none");
  const add = (of: (one: StatsSnapshot) => number) =>
    snapshots.reduce((sum, one) => sum + of(one), 0);
  const most = (of: (one: StatsSnapshot) => number) => Math.max(...snapshots.map(of));
  const methods = new Map<string, MethodStats>();
  for (const method of snapshots.flatMap(({ methods }) => methods)) {
    const known = methods.get(method.path);
    methods.set(method.path, known === undefined ? method : mergeMethods(known, method));
  }
  return {
    atMs: most(({ atMs }) => atMs),
    uptimeMs: most(({ uptimeMs }) => uptimeMs),
    connections: add(({ connections }) => connections),
    streams: add(({ streams }) => streams),
    running: add(({ running }) => running),
    methods: [...methods.values()],
    memory: {
      rssOctets: most(({ memory }) => memory.rssOctets),
      heapOctets: add(({ memory }) => memory.heapOctets),
    },
    eventLoopLagMs: most(({ eventLoopLagMs }) => eventLoopLagMs),
  };
}

/** The messages and octets of all methods together. */
export function sumTraffic(
  methods: readonly MethodStats[],
  direction: "received" | "sent",
): Traffic {
  const zero: Traffic = { messages: 0, octets: 0 };
  return methods.reduce((sum, method) => addTraffic(sum, method[direction]), zero);
}

function mergeMethods(one: MethodStats, other: MethodStats): MethodStats {
  const codes: Record<string, number> = { ...one.codes };
  for (const [code, count] of Object.entries(other.codes)) codes[code] = (codes[code] ?? 0) + count;
  const recent = new Map(one.recent);
  for (const [bucket, count] of other.recent) {
    recent.set(bucket, (recent.get(bucket) ?? 0) + count);
  }
  return {
    path: one.path,
    started: one.started + other.started,
    ended: one.ended + other.ended,
    running: one.running + other.running,
    received: addTraffic(one.received, other.received),
    sent: addTraffic(one.sent, other.sent),
    codes,
    recent: [...recent].sort(([left], [right]) => left - right),
    recentMaxMs: Math.max(one.recentMaxMs, other.recentMaxMs),
    durationCounts: one.durationCounts.map((count, index) =>
      count + (other.durationCounts[index] ?? 0)
    ),
    durationSumSeconds: one.durationSumSeconds + other.durationSumSeconds,
  };
}

function addTraffic(one: Traffic, other: Traffic): Traffic {
  return { messages: one.messages + other.messages, octets: one.octets + other.octets };
}

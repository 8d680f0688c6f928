/** One measurement. Processor shares are of one core: 1.5 is a core and a half. */
export interface Sample {
  readonly value: number;
  readonly p99?: number | undefined;
  readonly clientCpu: number | undefined;
  readonly serverCpu: number | undefined;
  /** Processor time of the server for each answer, in µs: what others on the machine do changes it least. */
  readonly serverUs?: number | undefined;
}

/** What the rounds of one peer at one work come to. */
export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly p99?: number;
  readonly clientCpu?: number;
  readonly serverCpu?: number;
  readonly serverUs?: number;
  /** Ours divided by this one: the median of the rounds' ratios. */
  readonly ratio?: number;
  readonly p99Ratio?: number;
}

/** @param ours the rounds of our own server, where it took part; `undefined` for a round that failed */
export function summarize(
  samples: readonly (Sample | undefined)[],
  ours: readonly (Sample | undefined)[] | undefined,
): Summary | undefined {
  const done = samples.filter((sample) => sample !== undefined);
  if (done.length === 0) return undefined;
  const values = done.map(({ value }) => value);
  const ratios = (pick: (sample: Sample) => number | undefined) =>
    samples.map((sample, round) => divide(ours?.[round], sample, pick));
  return {
    median: median(values) ?? 0,
    lowest: Math.min(...values),
    highest: Math.max(...values),
    ...optional("p99", median(done.map(({ p99 }) => p99))),
    ...optional("clientCpu", median(done.map(({ clientCpu }) => clientCpu))),
    ...optional("serverCpu", median(done.map(({ serverCpu }) => serverCpu))),
    ...optional("serverUs", median(done.map(({ serverUs }) => serverUs))),
    ...optional("ratio", median(ratios(({ value }) => value))),
    ...optional("p99Ratio", median(ratios(({ p99 }) => p99))),
  };
}

/** The middle of the values that are there; of two middle ones their mean. */
export function median(values: readonly (number | undefined)[]): number | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((left, right) => left - right);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

function divide(
  left: Sample | undefined,
  right: Sample | undefined,
  pick: (sample: Sample) => number | undefined,
): number | undefined {
  const above = left && pick(left);
  const below = right && pick(right);
  return above === undefined || below === undefined ? undefined : above / below;
}

function optional<K extends string>(
  key: K,
  value: number | undefined,
): { readonly [P in K]?: number } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: number };
}

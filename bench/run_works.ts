import { type BuiltPeer } from "./build_peer.ts";
import type { BenchOptions } from "./bench_options.ts";
import { runCsvPair } from "./csv_work.ts";
import { placeServer, runOnClientCore } from "./place.ts";
import { cpuMs, CpuWatch } from "./process_cpu.ts";
import type { Sample } from "./samples.ts";
import { type BenchServer, startServer } from "./start_server.ts";
import type { Work } from "./works.ts";

/** Certificates of `broker cert`: their folder, and the authority that signed them. */
export interface BenchTls {
  readonly folder: string;
  readonly rootCertificate: string;
}

/** The rounds of one peer at one work; `undefined` for a round that failed, with the reason. */
export interface PeerRounds {
  readonly key: string;
  readonly samples: readonly (Sample | undefined)[];
  readonly failure?: string;
}

/** Runs of a warm-up, at most, and the gain between two below which it is over. */
const WARM_UP_RUNS = 5;
const WARM_UP_GAIN = 1.25;

/** One work on all peers, in turn, round after round, each round with another one first. */
export async function runWork(
  work: Work,
  peers: readonly BuiltPeer[],
  options: BenchOptions & { readonly tls: BenchTls },
): Promise<PeerRounds[]> {
  const runs: Contest[] = [];
  try {
    for (const peer of peers) runs.push(await prepare(work, peer, options));
    return await alternate(runs, options.rounds);
  } finally {
    for (const { server } of runs) await server?.stop();
  }
}

/** (g): from CSV to CSV, on the peers that have a client of their own. */
export async function runCsvWork(
  peers: readonly BuiltPeer[],
  options: BenchOptions,
): Promise<PeerRounds[]> {
  const runs: Contest[] = [];
  for (const built of peers) {
    const pair = built.peer.csv;
    if (pair === undefined) continue;
    const rows = Math.round(pair.rows * options.rowShare);
    runs.push({ key: built.peer.key, measure: () => runCsvPair(built, pair, rows) });
  }
  return await alternate(runs, options.rounds);
}

/** A peer at a work, warmed up; `failure` instead of `measure` where that did not go well. */
interface Contest {
  readonly key: string;
  readonly server?: BenchServer;
  measure?: () => Promise<Sample>;
  failure?: string;
}

async function prepare(
  work: Work,
  { peer, folder }: BuiltPeer,
  { runMs, tls }: BenchOptions & { readonly tls: BenchTls },
): Promise<Contest> {
  const { key } = peer;
  const command = [...peer.server, ...(work.usesTls ? ["--tls", tls.folder] : [])];
  try {
    const server = await startServer(command, { cwd: folder });
    const { port, pid } = server;
    const target = work.usesTls ? { port, rootCertificate: tls.rootCertificate } : { port };
    // Placed only once it runs: it is to find all cores when it starts.
    const onItsCore = work.isPlaced ? runOnClientCore : <T>(run: () => Promise<T>) => run();
    try {
      if (work.isPlaced) await placeServer(pid);
      const run = (count: number) => work.run(target, count);
      const count = await onItsCore(() => warmUp(run, work.probeCount, runMs));
      const measure = () => onItsCore(() => withCpu(pid, count, () => run(count)));
      return { key, server, measure };
    } catch (error) {
      return { key, server, failure: describe(error) };
    }
  } catch (error) {
    return { key, failure: describe(error) };
  }
}

/** Runs until a server gets no faster, and returns how many answers it gives in `runMs`. */
async function warmUp(
  run: (count: number) => Promise<{ readonly perSecond: number }>,
  probeCount: number,
  runMs: number,
): Promise<number> {
  let count = probeCount;
  for (let runs = 0; runs < WARM_UP_RUNS; runs++) {
    const { perSecond } = await run(count);
    const before = count;
    count = Math.ceil(perSecond * runMs / 1000);
    if (count < before * WARM_UP_GAIN) break;
  }
  return count;
}

async function alternate(runs: readonly Contest[], rounds: number): Promise<PeerRounds[]> {
  const samples = new Map<string, (Sample | undefined)[]>(runs.map(({ key }) => [key, []]));
  for (let round = 0; round < rounds; round++) {
    const first = round % runs.length;
    for (const run of [...runs.slice(first), ...runs.slice(0, first)]) {
      samples.get(run.key)?.push(await measureOnce(run));
    }
  }
  return runs.map(({ key, failure }) => ({
    key,
    samples: samples.get(key) ?? [],
    ...(failure === undefined ? {} : { failure }),
  }));
}

/** A peer that failed once is not measured again. */
async function measureOnce(run: Contest): Promise<Sample | undefined> {
  if (run.measure === undefined || run.failure !== undefined) return undefined;
  try {
    return await run.measure();
  } catch (error) {
    run.failure = describe(error);
    return undefined;
  }
}

async function withCpu(
  pid: number,
  answers: number,
  run: () => Promise<{ readonly value: number; readonly p99?: number }>,
): Promise<Sample> {
  const watch = new CpuWatch({ client: () => cpuMs("self"), server: () => cpuMs(pid) });
  const { value, p99 } = await run();
  return { value, p99, ...watch.stop(answers) };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

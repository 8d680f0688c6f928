/**
 * `deno task bench`: the same work on our server and on every peer that this machine can build, in turn, in one run.
 * Prints medians, ratios and what became of the targets; docs/performance.md says how it is done.
 */
import { exists } from "../tests/support/exists.ts";
import { isMissing } from "../tests/support/peers.ts";
import { repositoryPath } from "../tests/support/paths.ts";
import { runProgram } from "../tests/support/run_program.ts";
import { type BenchOptions, parseBenchOptions, USAGE } from "./bench_options.ts";
import { buildPeer, type BuiltPeer, cacheFolder } from "./build_peer.ts";
import { describeMachine } from "./machine.ts";
import { BENCH_PEERS } from "./peers.ts";
import { recordReport } from "./record_report.ts";
import { formatReport, type PeerReport, type WorkReport } from "./report.ts";
import { type BenchTls, type PeerRounds, runCsvWork, runWork } from "./run_works.ts";
import { summarize } from "./samples.ts";
import { judgeTargets } from "./targets.ts";
import { createWorks } from "./works.ts";

const CSV_WORK = {
  letter: "g",
  title: "From CSV to CSV",
  unit: "rows/s",
  load: "The stack's own client and server, processes and files, the client's start included",
} as const;

async function main(options: BenchOptions): Promise<void> {
  const startedAt = new Date();
  const { peers, built } = await buildPeers(options);
  const machine = describeMachine();
  const tls = await makeCertificates();
  const isAsked = ({ letter }: { readonly letter: string }) =>
    options.only?.includes(letter) !== false;
  const works: WorkReport[] = [];
  const add = (work: Omit<WorkReport, "results">, rounds: readonly PeerRounds[]) => {
    const { letter, title, unit, load } = work;
    works.push({ letter, title, unit, load, results: toRows(rounds) });
    console.error(
      `Measured (${letter}) ${title}, ${Math.round(performance.now() / 1000)} s so far`,
    );
  };
  for (const work of (await createWorks()).filter(isAsked)) {
    add(work, await runWork(work, built, { ...options, tls }));
  }
  if (isAsked(CSV_WORK)) add(CSV_WORK, await runCsvWork(built, options));

  const report = {
    machine,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    rounds: options.rounds,
    runMs: options.runMs,
    peers,
    works,
    verdicts: judgeTargets(works),
  };
  console.log(formatReport(report));
  await Deno.mkdir(options.out.replace(/[^/]*$/, "") || ".", { recursive: true });
  await Deno.writeTextFile(options.out, `${JSON.stringify(report, null, 2)}\n`);
  console.error(`\nResults are in "${options.out}"`);
  if (options.record) await recordReport(report);
}

/** Says of each peer that is not there why not. */
async function buildPeers(
  options: BenchOptions,
): Promise<{ readonly peers: PeerReport[]; readonly built: BuiltPeer[] }> {
  const peers: PeerReport[] = [];
  const built: BuiltPeer[] = [];
  for (const peer of BENCH_PEERS.filter(({ key }) => options.peers.includes(key))) {
    const { key, name, settings } = peer;
    const result = await buildPeer(peer);
    if (isMissing(result)) {
      console.error(`Without ${name}: ${result.missing}`);
      peers.push({ key, name, settings, versions: [], missing: result.missing });
    } else {
      built.push(result);
      peers.push({ key, name, settings, versions: result.versions });
    }
  }
  return { peers, built };
}

async function makeCertificates(): Promise<BenchTls> {
  const folder = `${cacheFolder()}/certificates`;
  const command = ["cert", "--out", folder, "--days", "36500", "--quiet"];
  if (!await exists(`${folder}/ca.crt`)) {
    const main = repositoryPath("main.ts");
    const { code, stderr } = await runProgram([Deno.execPath(), "run", "-A", main, ...command]);
    if (code !== 0) throw new Error(`Cannot make certificates: ${stderr.trim()}`);
  }
  return { folder, rootCertificate: await Deno.readTextFile(`${folder}/ca.crt`) };
}

function toRows(rounds: readonly PeerRounds[]): WorkReport["results"] {
  const ours = rounds.find(({ key }) => key === "ours")?.samples;
  return rounds.map(({ key, samples, failure }) => {
    const name = BENCH_PEERS.find((peer) => peer.key === key)?.name ?? key;
    const summary = summarize(samples, ours);
    return {
      key,
      name,
      ...(summary === undefined ? {} : { summary }),
      ...(failure === undefined ? {} : { failure }),
    };
  });
}

if (Deno.args.includes("--help")) console.log(USAGE);
else {
  let options: BenchOptions;
  try {
    options = parseBenchOptions(Deno.args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    Deno.exit(2);
  }
  await main(options);
}

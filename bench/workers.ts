/**
 * `deno run -A bench/workers.ts [rounds] [seconds]`: what `broker serve --workers 2` does beside `--workers 1`, in turn, on
 * many connections. Prints medians, the ratio, and the CPU time of the server and of the load. Linux, with a C compiler.
 *
 * A run waits for the machine to be idle; one beside which other programs took more than 0.15 cores is repeated.
 *
 * The load is bench/workers_load.c, which is built by `cc -O2`: it replays frames that were encoded before. Where it takes
 * a small part of one core, and two cores are used up by both together, the server is what limits.
 */
import { cpuMs } from "./process_cpu.ts";
import { serveSpec } from "../cli/commands/serve_spec.ts";
import { builtinSchema, loadSchema } from "../schema/mod.ts";
import { repositoryPath } from "../tests/support/paths.ts";
import { collectText, runProgram } from "../tests/support/run_program.ts";
import {
  concat,
  data,
  envelope,
  grpcRequest,
  headers,
  PREFACE,
  SETTING,
  settings,
  uint32,
  windowUpdate,
} from "../tests/support/wire.ts";

const CONNECTIONS = 64;
const WARM_UP_MS = 1500;
/** The default of `SETTINGS_MAX_FRAME_SIZE` (RFC 9113 section 6.5.2). */
const FRAME_OCTETS = 16_384;
const LARGEST_WINDOW = 0x7fff_ffff;
/** Above it, a run is thrown away and repeated, as often as `MAX_REPEATS` says. */
const MAX_OTHER_CORES = 0.15;
const MAX_REPEATS = 1;
/** How long a run waits for the machine to be idle, and over which time that is looked at. */
const QUIET_PATIENCE_MS = 10_000;
const QUIET_MS = 500;
/** Of `/proc/stat`, which counts in hundredths of a second. */
const TICK_MS = 10;

type Mode = "stream" | "unary";

/** One kind of work. */
interface Work {
  readonly name: string;
  readonly mode: Mode;
  readonly serve: readonly string[];
  readonly head: Uint8Array;
  readonly batch: Uint8Array;
}

/** One run: answers a second, and CPU time as a share of one core. */
interface Run {
  readonly answersPerSecond: number;
  readonly serverCores: number;
  readonly loadCores: number;
  /** What everything else on the machine took: with it, a run says little. */
  readonly otherCores: number;
}

async function streamWork(): Promise<Work> {
  const { services: [{ definition }] } = await builtinSchema();
  const { path, requestSerialize } = definition.BidirectionalStreaming;
  const request = { id: 4711, sensor1: 1.5, sensor2: 2.5, sensor3: 3.5, sensor4: 4.5 };
  const message = envelope(requestSerialize(request));
  const count = Math.floor(FRAME_OCTETS / message.length);
  return {
    name: "one stream of measurements a connection (messages/s)",
    mode: "stream",
    serve: [],
    head: headers(1, grpcRequest(path)),
    batch: data(1, concat(Array(count).fill(message))),
  };
}

async function unaryWork(name: string, handlers: string): Promise<Work> {
  const proto = repositoryPath("tests/testdata/handlers/calculator.proto");
  const { services: [{ definition }] } = await loadSchema([proto]);
  const { path, requestSerialize } = definition.Negate;
  const message = envelope(requestSerialize({ id: 4711, value: 47.25 }));
  return {
    name: `8 unary calls at a time a connection${name} (calls/s)`,
    mode: "unary",
    serve: [proto, "--handlers", repositoryPath(handlers)],
    head: headers(1, grpcRequest(path)),
    batch: data(1, message, { endStream: true }),
  };
}

/** The parts of bench/workers_load.c, each behind its length. */
async function writeFrames(path: string, { head, batch }: Work): Promise<void> {
  const opening = concat([
    PREFACE,
    settings([[SETTING.INITIAL_WINDOW_SIZE, LARGEST_WINDOW]]),
    windowUpdate(0, LARGEST_WINDOW - 65_535),
  ]);
  const parts = [opening, head, batch].flatMap((part) => [uint32(part.length), part]);
  await Deno.writeFile(path, concat(parts));
}

/** Starts `broker serve`; `stop()` ends it. */
async function startServer(work: Work, workers: number) {
  const config = JSON.parse(await Deno.readTextFile(repositoryPath("deno.json")));
  const [flag = ""] = /--v8-flags=\S+/.exec(config.tasks.broker) ?? [];
  // Nothing but the calls: no page, no log.
  const quiet = ["--log", "off", ..."noWeb" in serveSpec.flags ? ["--no-web"] : []];
  const where = ["--host", "127.0.0.1", "--port", "0", "--workers", `${workers}`];
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      flag,
      "-A",
      repositoryPath("main.ts"),
      "serve",
      ...work.serve,
      ...where,
      ...quiet,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const port = Promise.withResolvers<number>();
  collectText(child.stderr, (said) => {
    const found = /^Listening on 127\.0\.0\.1:(\d+)/m.exec(said)?.[1];
    if (found !== undefined) port.resolve(Number(found));
  }).then((said) => port.reject(new Error(`The server ended: ${said}`)));
  return {
    pid: child.pid,
    port: await port.promise,
    async stop() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

/** The CPU time that all processes have taken so far: the first line of `/proc/stat`, without idle and iowait. */
async function machineCpuMs(): Promise<number> {
  const [line = ""] = (await Deno.readTextFile("/proc/stat")).split("\n");
  const [user, nice, system, , , irq, softirq, steal] = line.split(/ +/).slice(1).map(Number);
  return (user + nice + system + irq + softirq + steal) * TICK_MS;
}

/** What a server has taken so far, and all processes together. */
async function readCpu(pid: number): Promise<readonly [serverMs: number, allMs: number]> {
  return [cpuMs(pid) ?? NaN, await machineCpuMs()];
}

/** How a run is made. */
interface RunOptions {
  /** The program. */
  readonly load: string;
  /** Its file. */
  readonly frames: string;
  readonly durationMs: number;
}

/** Waits until the machine is idle, or patience ends. */
async function untilQuiet(): Promise<void> {
  const endMs = performance.now() + QUIET_PATIENCE_MS;
  while (performance.now() < endMs) {
    const beforeMs = await machineCpuMs();
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    if (await machineCpuMs() - beforeMs <= MAX_OTHER_CORES * QUIET_MS) return;
  }
}

/** Measures until nothing else takes the machine's time, or patience ends: `otherCores` then tells. */
async function measureAlone(work: Work, workers: number, options: RunOptions): Promise<Run> {
  for (let repeats = 0;; repeats++) {
    await untilQuiet();
    const run = await measure(work, workers, options);
    if (run.otherCores <= MAX_OTHER_CORES || repeats === MAX_REPEATS) return run;
  }
}

async function measure(
  work: Work,
  workers: number,
  { load, frames, durationMs }: RunOptions,
): Promise<Run> {
  const server = await startServer(work, workers);
  try {
    const child = new Deno.Command(load, {
      args: [server.port, work.mode, CONNECTIONS, WARM_UP_MS, durationMs, frames].map(String),
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let begin: ReturnType<typeof readCpu> | undefined;
    const text = await collectText(child.stdout, (said) => {
      if (said.startsWith("begin")) begin ??= readCpu(server.pid);
    });
    const [endMs, allEndMs] = await readCpu(server.pid);
    const [, line] = text.split("\n");
    if (begin === undefined || line === undefined) throw new Error("The load has failed");
    const [answers, tookMs, loadMs] = line.split(" ").map(Number);
    const [beginMs, allBeginMs] = await begin;
    const serverMs = endMs - beginMs;
    return {
      answersPerSecond: answers / tookMs * 1000,
      serverCores: serverMs / tookMs,
      loadCores: loadMs / tookMs,
      otherCores: Math.max(0, allEndMs - allBeginMs - serverMs - loadMs) / tookMs,
    };
  } finally {
    await server.stop();
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Hardly depends on what else runs: where it stays the same, twice the cores do twice the work. */
function perServerCore({ answersPerSecond, serverCores }: Run): number {
  return answersPerSecond / serverCores;
}

function printRow(name: string, runs: readonly Run[]): void {
  const of = (read: (run: Run) => number) => median(runs.map(read));
  const rate = Math.round(of((run) => run.answersPerSecond)).toLocaleString("en").padStart(12);
  const server = of((run) => run.serverCores).toFixed(2);
  const load = of((run) => run.loadCores).toFixed(2);
  const others = of((run) => run.otherCores).toFixed(2);
  const perCore = Math.round(of(perServerCore)).toLocaleString("en");
  console.log(
    `  ${name}  ${rate}/s   CPU: server ${server} cores, load ${load}, others ${others}; ` +
      `${perCore} a CPU second of the server`,
  );
}

const rounds = Number(Deno.args[0] ?? 5);
const durationMs = Number(Deno.args[1] ?? 4) * 1000;
const folder = await Deno.makeTempDir({ prefix: "broker-bench-" });
try {
  const load = `${folder}/workers_load`;
  const built = await runProgram(["cc", "-O2", "-o", load, repositoryPath("bench/workers_load.c")]);
  if (built.code !== 0) throw new Error(`Cannot build the load: ${built.stderr}`);
  const cores = navigator.hardwareConcurrency;
  console.log(`${cores} cores, ${CONNECTIONS} connections, ${rounds} rounds in turn, medians`);
  const works = [
    await streamWork(),
    await unaryWork("", "tests/testdata/handlers/calculator.ts"),
    await unaryWork(" that compute for 100 µs", "bench/computing_handlers.ts"),
  ];
  for (const work of works) {
    const frames = `${folder}/frames`;
    await writeFrames(frames, work);
    const runs: Record<1 | 2, Run[]> = { 1: [], 2: [] };
    for (let round = 0; round < rounds; round++) {
      for (const workers of round % 2 === 0 ? [1, 2] as const : [2, 1] as const) {
        runs[workers].push(await measureAlone(work, workers, { load, frames, durationMs }));
      }
    }
    console.log(work.name);
    printRow("1 worker ", runs[1]);
    printRow("2 workers", runs[2]);
    const ratios = runs[2].map((run, at) => run.answersPerSecond / runs[1][at].answersPerSecond);
    const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    console.log(`  ratio     ${median(ratios).toFixed(2)} (${range})`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}

import { exists } from "../tests/support/exists.ts";
import { runProgram } from "../tests/support/run_program.ts";
import { type BuiltPeer, cacheFolder } from "./build_peer.ts";
import type { CsvPair } from "./peers.ts";
import { cpuMs, CpuWatch, endedChildrenCpuMs } from "./process_cpu.ts";
import type { Sample } from "./samples.ts";
import { startServer } from "./start_server.ts";

/** From CSV to CSV: the input, and what the output has to be, octet for octet. */
interface CsvFiles {
  readonly input: string;
  readonly expected: Uint8Array;
}

/**
 * Runs a client of the peer's own against its own server, once: the rows of a CSV file through a databroker into a CSV
 * file. The time is that of the client's process, its start included.
 *
 * @throws Error if the client fails, or the output is not what it should be
 */
export async function runCsvPair(
  { peer, folder }: BuiltPeer,
  pair: CsvPair,
  rows: number,
): Promise<Sample> {
  const files = await csvFiles(rows);
  const output = `${cacheFolder()}/${peer.key}.csv`;
  const server = await startServer(pair.server ?? peer.server, { cwd: folder });
  try {
    const [program, ...args] = pair.client;
    const target = `127.0.0.1:${server.port}`;
    // Our client takes the file first, as its users do.
    const rest = peer.key === "ours"
      ? [files.input, target, "-o", output]
      : [target, files.input, output];
    const watch = new CpuWatch({ client: endedChildrenCpuMs, server: () => cpuMs(server.pid) });
    const startedMs = performance.now();
    const { code, stderr } = await runProgram([program, ...args, ...rest], { cwd: folder });
    const durationMs = performance.now() - startedMs;
    const cpu = watch.stop(rows);
    if (code !== 0) throw new Error(`The client ended with ${code}: ${stderr.trim()}`);
    await checkOutput(output, files.expected);
    return { value: rows / durationMs * 1000, ...cpu };
  } finally {
    await server.stop();
  }
}

async function checkOutput(path: string, expected: Uint8Array): Promise<void> {
  const found = await Deno.readFile(path);
  const wrong = expected.findIndex((octet, at) => octet !== found[at]);
  if (wrong < 0 && found.length === expected.length) return;
  throw new Error(`The output "${path}" is not what it should be from octet ${wrong} on`);
}

const cached = new Map<number, CsvFiles>();

async function csvFiles(rows: number): Promise<CsvFiles> {
  const known = cached.get(rows);
  if (known !== undefined) return known;
  const input = `${cacheFolder()}/sensors-${rows}.csv`;
  const lines = ["id,sensor1,sensor2,sensor3,sensor4"];
  const answers = ["id,prediction"];
  const isWritten = await exists(input);
  for (let id = 1; id <= rows; id++) {
    answers.push(`${id},${id % 2 === 0}`);
    // As dataset/sensors.csv: two decimals, three, one, three.
    if (isWritten) continue;
    const wave = Math.sin(id / 100);
    const sensors = [46 + wave, 6 + wave / 10, 98 + wave, 1.5 + wave / 4];
    lines.push(`${id},${sensors.map((value, at) => value.toFixed([2, 3, 1, 3][at])).join(",")}`);
  }
  await Deno.mkdir(cacheFolder(), { recursive: true });
  if (!isWritten) await Deno.writeTextFile(input, `${lines.join("\n")}\n`);
  const files = { input, expected: new TextEncoder().encode(`${answers.join("\n")}\n`) };
  cached.set(rows, files);
  return files;
}

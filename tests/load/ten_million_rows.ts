/**
 * `deno run -A tests/load/ten_million_rows.ts [rows]`: streams a generated file through `broker serve`, checks the answers
 * and prints the most memory that either process took (Linux).
 */
import { repositoryPath } from "../support/paths.ts";

const rows = Number(Deno.args[0] ?? 10_000_000);
const folder = await Deno.makeTempDir({ prefix: "broker-load-" });
const input = `${folder}/rows.csv`;
const output = `${folder}/answers.csv`;
try {
  await writeRows(input);
  const server = start("serve", "--host", "127.0.0.1", "--port", "0", "--no-web", "--log", "off");
  const target = await readTarget(server.stderr);
  const client = start("stream", input, target, "-o", output);
  client.stderr.pipeTo(Deno.stderr.writable, { preventClose: true });
  let clientPeak = 0;
  const watch = setInterval(() => clientPeak = peakOctets(client.pid) ?? clientPeak, 500);
  const { code } = await client.status;
  clearInterval(watch);
  const serverPeak = peakOctets(server.pid) ?? 0;
  server.kill("SIGTERM");
  await server.status;
  console.log(`exit code ${code}, ${await countAnswers(output)} answers in order`);
  console.log(`peak memory: client ${megabytes(clientPeak)}, server ${megabytes(serverPeak)}`);
} finally {
  await Deno.remove(folder, { recursive: true });
}

function start(...args: string[]) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", repositoryPath("main.ts"), ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

async function readTarget(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const piece of stderr.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const target = /^Listening on (\S+): /m.exec(text)?.[1];
    if (target !== undefined) return target;
  }
  throw new Error(`The server ended: ${text}`);
}

async function writeRows(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  let text = "id,sensor1,sensor2,sensor3,sensor4\n";
  for (let id = 1; id <= rows; id++) {
    text += `${id},${20 + id % 97 / 10},${5 + id % 13 / 10},${99 + id % 7 / 10},1.${id % 10}\n`;
    if (text.length < 1_000_000 && id < rows) continue;
    await writer.write(encoder.encode(text));
    text = "";
  }
}

/** The most memory that a process had resident; undefined once it is gone. */
function peakOctets(pid: number): number | undefined {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
    return found === null ? undefined : Number(found[1]) * 1024;
  } catch {
    return undefined;
  }
}

function megabytes(octets: number): string {
  return `${(octets / 1_000_000).toFixed(0)} MB`;
}

async function countAnswers(path: string): Promise<number> {
  using file = await Deno.open(path);
  let count = 0;
  let rest = "";
  for await (const piece of file.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("id")) continue;
      if (Number(line.slice(0, line.indexOf(","))) !== ++count) {
        throw new Error(`Answer ${count} is "${line}"`);
      }
    }
  }
  return count;
}

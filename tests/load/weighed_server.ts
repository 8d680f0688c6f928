import { V8_FLAGS } from "../../release/v8_flags.ts";
import { repositoryPath } from "../support/paths.ts";
import { collectText } from "../support/run_program.ts";
import { withTimeout } from "../support/with_timeout.ts";

const START_MS = 30_000;
/**
 * As the task "broker" and a compiled binary run it (docs/attacks.md), but with the nursery at its full size from the start,
 * and without a pool of freed pages: V8 would come to take 8 to 30 MB more at a moment of its choice.
 */
const WEIGHED_FLAGS = `${V8_FLAGS},--min-semi-space-size=8,--no-memory-pool`;

/** A `broker serve` of the built-in databroker in a process of its own, whose memory can be read (Linux). */
export interface WeighedServer extends AsyncDisposable {
  readonly port: number;
  /** What it has in memory now, in octets. */
  resident(): Promise<number>;
}

/** Starts one with its default limits and these flags. */
export async function startWeighedServer(flags: readonly string[] = []): Promise<WeighedServer> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", `--v8-flags=${WEIGHED_FLAGS}`, "-A", repositoryPath("main.ts"), "serve"],
      ...["--host", "127.0.0.1", "--port", "0", "--log", "off", ...flags],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const port = Promise.withResolvers<number>();
  const collected = collectText(child.stderr, (text) => {
    const match = /^Listening on \S+:(\d+): /m.exec(text);
    if (match?.[1] !== undefined) port.resolve(Number(match[1]));
  }).then((text) => port.reject(new Error(`The server ended: ${text}`)));
  const stop = async () => {
    child.kill("SIGKILL");
    await child.status;
    await collected;
  };
  try {
    return {
      port: await withTimeout(port.promise, START_MS, "the server to listen"),
      resident: () => readResident(child.pid),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Reads what a process has in memory, in octets (proc(5)). */
async function readResident(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const [, kibioctets] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kibioctets) * 1024;
}

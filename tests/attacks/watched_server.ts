import { V8_FLAGS } from "../../release/v8_flags.ts";
import { repositoryPath } from "../support/paths.ts";
import { collectText } from "../support/run_program.ts";
import { withTimeout } from "../support/with_timeout.ts";

const PROTO = repositoryPath("tests/testdata/handlers/calculator.proto");
const HANDLERS = repositoryPath("tests/testdata/handlers/calculator.ts");
const START_MS = 30_000;

/** A `broker serve` in a process of its own whose memory is watched. */
export interface WatchedServer extends AsyncDisposable {
  readonly target: string;
  readonly port: number;
  readonly isAlive: boolean;
  /** The highest resident memory since the last call, in octets. */
  takePeak(): Promise<number>;
  /** What it said on stderr so far. */
  said(): string;
}

/** Starts `broker serve` for calculator.proto with its default limits and these flags. */
export async function startWatchedServer(flags: readonly string[] = []): Promise<WatchedServer> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      // As the task "broker" and a compiled binary run it: V8 keeps less garbage (docs/attacks.md).
      ...["run", `--v8-flags=${V8_FLAGS}`, "-A", repositoryPath("main.ts")],
      ...["serve", PROTO, "--handlers", HANDLERS],
      ...["--host", "127.0.0.1", "--port", "0", "--no-web", "--log", "off", ...flags],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let isAlive = true;
  const ended = child.status.then(() => void (isAlive = false));
  let text = "";
  const listening = Promise.withResolvers<string>();
  const collected = collectText(child.stderr, (soFar) => {
    text = soFar;
    const match = /^Listening on (\S+): /m.exec(soFar);
    if (match?.[1] !== undefined) listening.resolve(match[1]);
  });
  const target = await withTimeout(listening.promise, START_MS, "the server to listen");
  return {
    target,
    port: Number(target.slice(target.lastIndexOf(":") + 1)),
    get isAlive() {
      return isAlive;
    },
    takePeak: () => takePeak(child.pid),
    said: () => text,
    async [Symbol.asyncDispose]() {
      if (isAlive) child.kill("SIGKILL");
      await ended;
      await collected;
    },
  };
}

/** Reads the high-water mark of a process and sets it back to what is in use (Linux, proc(5)). */
async function takePeak(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const [, kibioctets] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  await Deno.writeTextFile(`/proc/${pid}/clear_refs`, "5");
  return Number(kibioctets) * 1024;
}

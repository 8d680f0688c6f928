/** `broker` as users start it: a process of its own, which can be killed. */
import { repositoryPath } from "./paths.ts";
import { collectText } from "./run_program.ts";
import { withTimeout } from "./with_timeout.ts";

const TIMEOUT_MS = 60_000;

/** A `broker` that runs; `await using` kills what is left of it. */
export interface BrokerProcess extends AsyncDisposable {
  /** SIGKILL; settles when the process is gone. */
  kill(): Promise<void>;
  signal(name: Deno.Signal): void;
  /** Waits until what it has said on stderr matches. */
  untilSaid(pattern: RegExp): Promise<RegExpExecArray>;
  ended(): Promise<{ readonly code: number; readonly stderr: string }>;
}

/** Starts `broker` with these arguments; its stdin and stdout are empty. */
export function startBrokerProcess(args: readonly string[]): BrokerProcess {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", repositoryPath("main.ts"), ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let said = "";
  let isSilent = false;
  let changed = Promise.withResolvers<void>();
  const output = collectText(child.stderr, (text) => {
    said = text;
    changed.resolve();
    changed = Promise.withResolvers();
  }).then(() => {
    isSilent = true;
    changed.resolve();
  });
  let isOver = false;
  const status = child.status.then(async (ended) => {
    await output;
    isOver = true;
    return ended;
  });
  const search = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(said);
      if (match !== null) return match;
      if (isSilent) throw new Error(`It ended: ${said}`);
      await changed.promise;
    }
  };
  const kill = async () => {
    if (!isOver) child.kill("SIGKILL");
    await status;
  };
  const what = `"broker ${args.join(" ")}"`;
  return {
    kill,
    signal: (name) => child.kill(name),
    untilSaid: (pattern) => withTimeout(search(pattern), TIMEOUT_MS, `${what} to say ${pattern}`),
    async ended() {
      const { code } = await withTimeout(status, TIMEOUT_MS, `${what} to end`);
      return { code, stderr: said };
    },
    [Symbol.asyncDispose]: kill,
  };
}

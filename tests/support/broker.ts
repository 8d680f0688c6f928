import { type TestIo, testIo, type TestIoOptions } from "../../cli/test_io.ts";
import type { OutputSink } from "../../cli/mod.ts";
import { run } from "../../main.ts";
import { withTimeout } from "./with_timeout.ts";

/** How a command ended, and what it printed. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs in this process. */
export interface Running {
  readonly io: TestIo;
  /** Waits until what was printed so far matches; fails when the command ends before. */
  untilPrinted(where: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits for the end. */
  ended(): Promise<Ran>;
}

const TIMEOUT_MS = 10_000;

/** Starts `broker` with these arguments, as `main.ts` runs it. */
export function startBroker(args: readonly string[], options: TestIoOptions = {}): Running {
  const inner = testIo(options);
  let changed = Promise.withResolvers<void>();
  const announce = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const io = {
    ...inner,
    stdout: announcing(inner.stdout, announce),
    stderr: announcing(inner.stderr, announce),
  };
  const command = `broker ${args.join(" ")}`;
  let exitCode: number | undefined;
  const done = run(args, io).then((code) => {
    exitCode = code;
    announce();
    return { exitCode: code, stdout: io.stdoutText(), stderr: io.stderrText() };
  });
  const search = async (where: "stdout" | "stderr", pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(where === "stdout" ? io.stdoutText() : io.stderrText());
      if (match !== null) return match;
      if (exitCode !== undefined) {
        throw new Error(`"${command}" ended with ${exitCode}: ${io.stderrText()}`);
      }
      await changed.promise;
    }
  };
  return {
    io,
    untilPrinted: (where, pattern) =>
      withTimeout(search(where, pattern), TIMEOUT_MS, `"${command}" to print ${pattern}`),
    ended: () => withTimeout(done, TIMEOUT_MS, `"${command}" to end`),
  };
}

function announcing(sink: OutputSink, announce: () => void): OutputSink {
  return {
    isTerminal: sink.isTerminal,
    get isIdle() {
      return sink.isIdle;
    },
    write(data) {
      const patience = sink.write(data);
      sink.flush().then(announce, announce);
      return patience;
    },
    flush: () => sink.flush(),
  };
}

/** Runs `broker` with these arguments to its end. */
export function runBroker(args: readonly string[], options: TestIoOptions = {}): Promise<Ran> {
  return startBroker(args, options).ended();
}

/** A `broker serve` that listens. */
export interface RunningServer extends Running, AsyncDisposable {
  /** `127.0.0.1:port`, `unix:/path`. */
  readonly target: string;
  /** Interrupts it and waits for its end. */
  stop(): Promise<Ran>;
}

/** Starts `broker serve` on a free port of 127.0.0.1, unless `args` name a host; without a page, unless they name its port. */
export async function startServer(args: readonly string[] = []): Promise<RunningServer> {
  const where = args.includes("--host") ? [] : ["--host", "127.0.0.1", "--port", "0"];
  const web = args.includes("--web-port") ? [] : ["--no-web"];
  const running = startBroker(["serve", ...where, ...web, ...args]);
  const [, target = ""] = await running.untilPrinted("stderr", /^Listening on (\S+): /m);
  const stop = () => {
    running.io.interrupt();
    return running.ended();
  };
  return {
    ...running,
    target,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
    },
  };
}

/** A folder that is removed at the end. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "broker-test-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

import { collectText, type ProgramResult, runProgram } from "../support/run_program.ts";
import { startNamespace } from "../support/network_namespace.ts";
import { withTimeout } from "../support/with_timeout.ts";

const TIMEOUT_MS = 15_000;

/** A program that runs on a lonely machine; `await using` ends it. */
export interface RunningProgram extends AsyncDisposable {
  /** Waits until stderr matches. */
  untilSaid(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends a signal and waits for the end. */
  end(signal: Deno.Signal): Promise<{ readonly code: number; readonly stderr: string }>;
}

/** A machine with an empty folder, an empty home and nothing but loopback for a network. */
export interface LonelyMachine extends AsyncDisposable {
  /** The working folder. */
  readonly folder: string;
  /** What programs find in TMPDIR. */
  readonly temporary: string;
  /** Why there is a network after all; undefined where there is none. */
  readonly networkBecause: string | undefined;
  /** Runs a program to its end. */
  run(command: readonly [string, ...string[]], input?: string): Promise<ProgramResult>;
  /** Starts a program that goes on. */
  start(command: readonly [string, ...string[]]): RunningProgram;
  /** The files that programs left in the home. */
  listHome(): string[];
}

/** Makes one out of a network namespace, where this user may. */
export async function startLonelyMachine(): Promise<LonelyMachine> {
  const root = await Deno.makeTempDir({ prefix: "broker-lonely-" });
  const [home, folder] = [`${root}/home`, `${root}/work`];
  await Deno.mkdir(home);
  await Deno.mkdir(folder);
  const network = await startNamespace();
  const variables = { HOME: home, DENO_DIR: `${home}/deno`, TMPDIR: root, PATH: "/usr/bin:/bin" };
  const env = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const inside = (command: readonly [string, ...string[]]): [string, ...string[]] => [
    "env",
    ...network.enter,
    ...["env", "-i", ...env],
    ...command,
  ];
  return {
    folder,
    temporary: root,
    networkBecause: network.missing,
    run: (command, input = "") =>
      runProgram(inside(command), { cwd: folder, input, timeoutMs: TIMEOUT_MS }),
    start: (command) => startProgram(inside(command), folder),
    listHome: () => [...Deno.readDirSync(home)].map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      await network.close();
      await Deno.remove(root, { recursive: true });
    },
  };
}

function startProgram([program, ...args]: readonly [string, ...string[]], cwd: string) {
  const child = new Deno.Command(program, {
    args,
    cwd,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  })
    .spawn();
  let said = "";
  let isOver = false;
  let changed = Promise.withResolvers<void>();
  const announce = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const over = collectText(child.stderr, (text) => {
    said = text;
    announce();
  }).then(async () => {
    const { code } = await child.status;
    isOver = true;
    announce();
    return code;
  });
  const what = args.slice(-6).join(" ");
  const search = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(said);
      if (match !== null) return match;
      if (isOver) throw new Error(`"${what}" ended: ${said}`);
      await changed.promise;
    }
  };
  const end = async (signal: Deno.Signal) => {
    if (!isOver) child.kill(signal);
    return { code: await withTimeout(over, TIMEOUT_MS, `"${what}" to end`), stderr: said };
  };
  return {
    untilSaid: (pattern: RegExp) =>
      withTimeout(search(pattern), TIMEOUT_MS, `"${what}" to say ${pattern}`),
    end,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
    },
  } satisfies RunningProgram;
}

import { withTimeout } from "../tests/support/peers.ts";

/** A server process under load. */
export interface BenchServer {
  readonly port: number;
  readonly pid: number;
  /** Closes its stdin and sends SIGTERM; SIGKILL if it is still there 5 s later. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;
const KEPT_CHARACTERS = 2000;

/** Starts a server and waits for its line `listening [on] [host:]PORT`. @throws Error if it does not come */
export async function startServer(
  [executable, ...args]: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<BenchServer> {
  const child = new Deno.Command(executable, {
    ...options,
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stop = () => stopChild(child);
  const port = Promise.withResolvers<number>();
  const outputs = [child.stdout, child.stderr].map((output) => readPort(output, port.resolve));
  Promise.all(outputs).then((texts) =>
    port.reject(new Error(`${executable} ended: ${texts.join("").trim()}`))
  );
  try {
    const found = await withTimeout(port.promise, START_TIMEOUT_MS, `${executable} to listen`);
    return { port: found, pid: child.pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function stopChild(child: Deno.ChildProcess): Promise<void> {
  try {
    await child.stdin.close();
    child.kill("SIGTERM");
  } catch {
    // It is gone: its status is there at once.
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await child.status;
  clearTimeout(timer);
}

async function readPort(
  output: ReadableStream<Uint8Array>,
  found: (port: number) => void,
): Promise<string> {
  let text = "";
  for await (const chunk of output.pipeThrough(new TextDecoderStream() as never)) {
    // A server that talks on is not remembered: the end of what it said explains its end.
    text = (text + chunk).slice(-KEPT_CHARACTERS);
    const port = /^listening (?:on )?(?:\S+:)?(\d+)(?:$|: )/im.exec(text)?.[1];
    if (port !== undefined) found(Number(port));
  }
  return text;
}

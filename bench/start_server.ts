import { withTimeout } from "../tests/support/peers.ts";

/** A server process under load. */
export interface BenchServer {
  readonly port: number;
  /** Closes its stdin, which it ends with. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;

/** Starts a server and waits for its line `listening [host:]PORT`. @throws Error if it does not come */
export async function startServer(command: readonly string[]): Promise<BenchServer> {
  const [executable, ...args] = command;
  const child = new Deno.Command(executable, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const port = Promise.withResolvers<number>();
  readPort(child.stdout, port.resolve).then(() => port.reject(new Error("The server ended")));
  return {
    port: await withTimeout(port.promise, START_TIMEOUT_MS, `${executable} to listen`),
    async stop() {
      await child.stdin.close();
      await child.status;
    },
  };
}

async function readPort(
  stdout: ReadableStream<Uint8Array>,
  found: (port: number) => void,
): Promise<void> {
  let text = "";
  for await (const chunk of stdout.pipeThrough(new TextDecoderStream() as never)) {
    text += chunk;
    const port = /^listening (?:\S+:)?(\d+)$/m.exec(text)?.[1];
    if (port !== undefined) found(Number(port));
  }
}

import { runProgram } from "../tests/support/run_program.ts";

/** The load generator's core, and the server's. */
const CLIENT_CORE = "0";
const SERVER_CORE = "1";

/** Keeps a server on a core of its own, with all threads that it has by now. @throws Error where that cannot be */
export async function placeServer(pid: number): Promise<void> {
  if (navigator.hardwareConcurrency < 2) {
    throw new Error("Cannot give client and server a core each: there is one");
  }
  await place(pid, SERVER_CORE);
}

/** Runs with this process on the client's core, and lets it go again: what it starts later would stay there as well. */
export async function runOnClientCore<T>(run: () => Promise<T>): Promise<T> {
  await place(Deno.pid, CLIENT_CORE);
  try {
    return await run();
  } finally {
    await place(Deno.pid, `0-${navigator.hardwareConcurrency - 1}`);
  }
}

async function place(pid: number, cores: string): Promise<void> {
  const { code, stderr } = await runProgram(["taskset", "-acp", cores, String(pid)]);
  if (code !== 0) throw new Error(`Cannot keep process ${pid} on core ${cores}: ${stderr.trim()}`);
}

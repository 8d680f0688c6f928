import { withTimeout } from "./with_timeout.ts";

/** What a program left behind. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** Written to stdin, which is then closed. Default: nothing. */
  readonly input?: string;
  /** Default 120000, which a loaded CI machine does not reach. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 120_000;

/**
 * Runs a program to its end. Nothing of it is left when this returns or throws: past the time limit it is
 * killed, and its streams are read to the end either way.
 *
 * @throws Deno.errors.NotFound if there is no such program; an error with what it printed if it takes too
 * long.
 */
export async function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }).spawn();
  const stdout = collectText(child.stdout);
  const stderr = collectText(child.stderr);
  const fed = feed(child.stdin, options.input ?? "");
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const command = [program, ...args].join(" ");
  try {
    const { code } = await withTimeout(child.status, timeoutMs, `"${command}" to end`);
    return { code, stdout: await stdout, stderr: await stderr };
  } catch (error) {
    child.kill("SIGKILL");
    await child.status;
    const printed = await stdout + await stderr;
    throw new Error(`Program did not end; it printed:\n${printed}`, { cause: error });
  } finally {
    await fed;
  }
}

/** Reads a stream to its end as text; `onText` sees all of it so far, each time more arrives. */
export async function collectText(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onText: (text: string) => void = () => {},
): Promise<string> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    text += piece;
    onText(text);
  }
  return text;
}

async function feed(stdin: WritableStream<Uint8Array>, input: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    if (input !== "") await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch {
    // The program ended without reading all of it; its exit code tells more.
  }
}

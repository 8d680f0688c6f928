/** Processor time of processes, as Linux counts it: in hundredths of a second, all threads together. */

const TICK_MS = 10;
/** Fields of /proc/PID/stat after the name, from 0: proc(5) counts them from 3. */
const UTIME = 11;
const CHILDREN_UTIME = 13;

/** Processor time that a process has used, in ms; undefined where there is no /proc. */
export function cpuMs(pid: number | "self"): number | undefined {
  return readTicks(pid, UTIME);
}

/** Processor time of those of our children that have ended, in ms. */
export function endedChildrenCpuMs(): number | undefined {
  return readTicks("self", CHILDREN_UTIME);
}

/** Reads the processor time of both sides of a load, from now on until `stop()`. */
export class CpuWatch {
  readonly #readers: Readers;
  readonly #startedMs = performance.now();
  readonly #before: { readonly client: number | undefined; readonly server: number | undefined };

  constructor(readers: Readers) {
    this.#readers = readers;
    this.#before = { client: readers.client(), server: readers.server() };
  }

  /** Shares of one core, and the server's µs for each of `answers`; undefined where there is no /proc. */
  stop(answers: number) {
    const durationMs = performance.now() - this.#startedMs;
    const clientMs = subtract(this.#readers.client(), this.#before.client);
    const serverMs = subtract(this.#readers.server(), this.#before.server);
    return {
      clientCpu: clientMs === undefined ? undefined : clientMs / durationMs,
      serverCpu: serverMs === undefined ? undefined : serverMs / durationMs,
      serverUs: serverMs === undefined ? undefined : serverMs * 1000 / answers,
    };
  }
}

/** Each returns a processor time in ms. */
interface Readers {
  readonly client: () => number | undefined;
  readonly server: () => number | undefined;
}

function subtract(now: number | undefined, then: number | undefined): number | undefined {
  return now === undefined || then === undefined ? undefined : now - then;
}

function readTicks(pid: number | "self", field: number): number | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The name stands in parentheses and may hold any character.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[field]) + Number(fields[field + 1])) * TICK_MS;
  } catch {
    return undefined;
  }
}

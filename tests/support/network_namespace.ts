import { collectText } from "./run_program.ts";
import { withTimeout } from "./with_timeout.ts";

const TIMEOUT_MS = 15_000;

/** A network namespace that lives as long as the process that holds it. */
export interface Namespace {
  /** What a command begins with to run in it. */
  readonly enter: readonly string[];
  /** Why there is none, and commands run in the one that is there; undefined where there is one. */
  readonly missing: string | undefined;
  close(): Promise<void>;
}

/** Makes one with nothing but loopback in it, where this user may. */
export async function startNamespace(): Promise<Namespace> {
  const holder = spawnHolder();
  if (holder === undefined) return absent("there is no unshare on the PATH");
  let seen = "";
  const up = Promise.withResolvers<boolean>();
  const output = collectText(holder.stdout, (text) => {
    if (text.includes("up\n")) up.resolve(true);
  }).then(() => up.resolve(false));
  const complaints = collectText(holder.stderr, (text) => seen = text);
  const isUp = await withTimeout(up.promise, TIMEOUT_MS, "a network namespace");
  const close = async () => {
    await holder.stdin.close().catch(() => {});
    await Promise.all([holder.status, output, complaints]);
  };
  if (isUp) {
    return { enter: ["nsenter", `--net=/proc/${holder.pid}/ns/net`], missing: undefined, close };
  }
  await close();
  return absent(seen.trim());
}

/** The process that a namespace lives as long as; undefined where there is no `unshare`. */
function spawnHolder() {
  try {
    return new Deno.Command("unshare", {
      // `cat` ends with its stdin; until then the namespace is there.
      args: ["--net", "sh", "-c", "ip link set lo up && echo up && exec cat"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function absent(reason: string): Namespace {
  return { enter: [], missing: `no network namespace: ${reason}`, close: async () => {} };
}

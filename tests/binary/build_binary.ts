import { isMissing, type Missing } from "../support/peer.ts";
import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";

/** The version of Deno whose `compile` takes the runtime of ../shared/tools/denort. */
const PAIRED_DENO = "deno@2.7.14";
/** Before 2.9, Deno trusts Mozilla's roots alone, without those of a proxy that npm and the system know. */
const TRUST = ["env", "DENO_TLS_CA_STORE=mozilla,system"] as const;
/** Beside the checkout, on machines that cannot download a runtime. */
const DENORT_SCRIPT = repositoryPath("../shared/tools/denort");

/** The binary, as `deno task compile` builds it. */
export interface Binary {
  /** Absolute. */
  readonly path: string;
  /** What `--version` prints. */
  readonly version: string;
  /** The file is there until then. */
  remove(): Promise<void>;
}

/** Which Deno compiles, and with which runtime. */
export interface Toolchain {
  readonly deno: readonly [string, ...string[]];
  readonly denort: string;
}

/** Builds it into a folder of its own, with the runtime of the shared folder or that of DENORT_BIN. */
export async function buildBinary(): Promise<Binary | Missing> {
  const toolchain = await findToolchain();
  if (isMissing(toolchain)) return toolchain;
  const folder = await Deno.makeTempDir({ prefix: "broker-binary-" });
  const path = `${folder}/broker`;
  const script = repositoryPath("release/compile.ts");
  const env = ["env", `DENORT_BIN=${toolchain.denort}`] as const;
  const built = await runProgram(
    [...env, ...toolchain.deno, "run", "-A", script, "--output", path],
    { cwd: repositoryPath(".") },
  );
  if (built.code !== 0) {
    await Deno.remove(folder, { recursive: true });
    throw new Error(`Cannot build the binary: ${built.stdout}${built.stderr}`);
  }
  console.error(built.stdout.trim());
  const { stdout: version } = await runProgram([path, "--version"]);
  return { path, version, remove: () => Deno.remove(folder, { recursive: true }) };
}

/** Deno, and the runtime that its `compile` embeds. */
export async function findToolchain(): Promise<Toolchain | Missing> {
  try {
    const { code, stdout, stderr } = await runProgram([DENORT_SCRIPT]);
    if (code !== 0) return { missing: `${DENORT_SCRIPT} failed: ${stderr.trim()}` };
    return { deno: [...TRUST, "npx", "--yes", PAIRED_DENO], denort: stdout.trim() };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  // Whoever names a runtime names one for the Deno that runs the tests.
  const named = Deno.env.get("DENORT_BIN") ?? "";
  if (named !== "") return { deno: [Deno.execPath()], denort: named };
  return { missing: `no DENORT_BIN, and no ${DENORT_SCRIPT}` };
}

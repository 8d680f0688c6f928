import { type BufPeer, type Peer, type PeerTls, tlsArguments } from "./peer.ts";
import { repositoryPath } from "./paths.ts";
import { runProgram } from "./run_program.ts";

/** What the clients of tests/peers check, in the order in which `all` runs them. */
export const SCENARIOS = [
  "broker-10000",
  "unary",
  "server-stream-10000",
  "client-stream-10000",
  "bidi-10000",
  "ping-pong",
  "empty",
  "parallel",
  "error",
  "metadata",
  "deadline",
  "cancel",
  "gzip",
  "big-message",
  "over-limit",
  "unknown-method",
] as const;

export type Scenario = typeof SCENARIOS[number];

/** The line that a client prints for a scenario. */
export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly peer: Peer["name"];
  readonly ok: boolean;
  /** Messages exchanged and checked; only if `ok`. */
  readonly messages?: number;
  /** The first mismatch; only if not `ok`. */
  readonly error?: string;
  readonly seconds: number;
}

/**
 * Runs one scenario of a peer's client against a server.
 *
 * @throws An error with the mismatch if the scenario fails.
 */
export async function runPeerClient(
  peer: Peer,
  target: string,
  scenario: Scenario,
  tls?: PeerTls,
): Promise<ScenarioResult> {
  const [result, ...others] = await runScenarios(peer, target, { scenario, tls });
  if (result === undefined || others.length > 0) {
    throw new Error(
      `The ${peer.name} client printed ${others.length && others.length + 1} results`,
    );
  }
  if (!result.ok) throw new Error(describeFailure(result));
  return result;
}

/** Runs all scenarios in one process of the peer's client, and reports each as a step of the test. */
export async function runAllScenarios(
  t: Deno.TestContext,
  peer: Peer,
  target: string,
  tls?: PeerTls,
): Promise<void> {
  const results = await runScenarios(peer, target, { scenario: "all", tls });
  for (const scenario of SCENARIOS) {
    await t.step(scenario, () => {
      const result = results.find((candidate) => candidate.scenario === scenario);
      if (result === undefined) {
        throw new Error(`The ${peer.name} client did not run "${scenario}"`);
      }
      if (!result.ok) throw new Error(describeFailure(result));
    });
  }
}

async function runScenarios(
  peer: Peer,
  target: string,
  { scenario, tls }: { readonly scenario: Scenario | "all"; readonly tls: PeerTls | undefined },
): Promise<ScenarioResult[]> {
  const command = [
    peer.executable,
    peer.clientScript,
    target,
    scenario,
    ...tlsArguments(tls),
  ] as const;
  const { code, stdout, stderr } = await runProgram(command, { timeoutMs: 300_000 });
  const lines = stdout.split("\n").filter((line) => line !== "");
  // 1 says that a scenario failed, which its line says better.
  if (code > 1 || lines.length === 0) {
    throw new Error(`The ${peer.name} client ended with code ${code}: ${stdout}${stderr}`);
  }
  return lines.map((line): ScenarioResult => JSON.parse(line));
}

function describeFailure({ peer, scenario, error }: ScenarioResult): string {
  return `The ${peer} client failed in "${scenario}": ${error}`;
}

export interface BufCurlRequest {
  /** host:port or unix:/path. */
  readonly target: string;
  /** As in `broker.interop.Interop/Unary`. */
  readonly method: string;
  /** The requests, one JSON value each. */
  readonly messages: readonly unknown[];
  /** The .proto file, as a path of the repository. Default `tests/peers/interop.proto`; null: reflection. */
  readonly schema?: string | null;
  /** Request metadata, as in `x-echo: one`. */
  readonly headers?: readonly string[];
}

export interface BufCurlResult {
  /** 0, or 8 times the gRPC status. */
  readonly code: number;
  /** The answers, with default values written out. */
  readonly answers: readonly unknown[];
  readonly stderr: string;
}

/** Makes one gRPC call over cleartext HTTP/2 with `buf curl`. */
export async function runBufCurl(buf: BufPeer, request: BufCurlRequest): Promise<BufCurlResult> {
  const { target, method, messages, schema = "tests/peers/interop.proto", headers = [] } = request;
  const isUnix = target.startsWith("unix:");
  const { code, stdout, stderr } = await runProgram([
    buf.executable,
    "curl",
    ...["--protocol", "grpc", "--http2-prior-knowledge", "--emit-defaults", "-d", "@-"],
    ...(schema === null ? ["--reflect"] : ["--schema", repositoryPath(schema)]),
    ...(isUnix ? ["--unix-socket", target.slice("unix:".length)] : []),
    ...headers.flatMap((header) => ["-H", header]),
    `http://${isUnix ? "localhost" : target}/${method}`,
  ], { input: messages.map((message) => JSON.stringify(message)).join("\n") });
  return { code, answers: parseAnswers(stdout), stderr };
}

/** The answers come as indented objects, one after the other. */
function parseAnswers(stdout: string): unknown[] {
  return stdout.split(/\n(?=\{)/).filter((text) => text.trim() !== "").map((text) =>
    JSON.parse(text)
  );
}

// compose.yaml, deploy/kubernetes and deploy/prometheus, judged by those who read them.
import assert from "node:assert/strict";
import denoConfig from "../../deno.json" with { type: "json" };
import { runBroker, temporaryFolder } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";
import { testWithPeers } from "../support/test_with_peers.ts";
import { findValidator } from "./find_validators.ts";

const KUBERNETES = repositoryPath("deploy/kubernetes/broker.yaml");
const COMPOSE = repositoryPath("compose.yaml");
const IMAGE = `broker:${denoConfig.version}`;

/** What compose-go makes of compose.yaml. */
interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
}

interface ComposeService {
  readonly image: string;
  readonly command: readonly string[] | null;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly ports?: readonly { readonly host_ip?: string }[];
  readonly volumes?: readonly { readonly type: string; readonly source: string }[];
}

testWithPeers(
  { validate: await findValidator("kubernetes-validate", ["--version"]) },
  "deploy/kubernetes passes the schema of Kubernetes, and a wrong field does not",
  async () => {
    const check = (path: string) => runProgram(["kubernetes-validate", "--strict", path]);
    const { code, stdout, stderr } = await check(KUBERNETES);
    assert.equal(code, 0, stdout + stderr);
    await using folder = await temporaryFolder();
    const wrong = `${folder.path}/wrong.yaml`;
    const text = await Deno.readTextFile(KUBERNETES);
    await Deno.writeTextFile(wrong, text.replace("readOnlyRootFilesystem", "readOnlyRoot"));
    assert.equal((await check(wrong)).code, 1);
  },
);

Deno.test("deploy/kubernetes runs this version of the image, with flags that serve has", async () => {
  const text = await Deno.readTextFile(KUBERNETES);
  assert.deepEqual([...text.matchAll(/ image: (.*)/g)].map(([, image]) => image), [IMAGE]);
  const flags = [...text.matchAll(/^ +- (--[\w-]+)/gm)].map(([, flag = ""]) => flag);
  assert.ok(flags.length > 0);
  await checkFlags("serve", flags);
});

testWithPeers(
  { compose: await findValidator("compose-config", ["-help"]) },
  "compose.yaml passes compose-go, drops what it does not need and opens no port to others",
  async () => {
    const { code, stdout, stderr } = await runProgram(
      ["compose-config", "-format", "json", COMPOSE],
    );
    assert.equal(code, 0, stderr);
    const { services }: Compose = JSON.parse(stdout);
    assert.deepEqual(Object.keys(services).sort(), ["broker", "client", "prometheus"]);
    for (const [name, service] of Object.entries(services)) {
      const { image, command, cap_drop, security_opt, ports = [], volumes = [] } = service;
      assert.ok(image === IMAGE || /:v\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$/.test(image), image);
      assert.deepEqual([cap_drop, security_opt], [["ALL"], ["no-new-privileges:true"]], name);
      assert.ok(ports.every(({ host_ip }) => host_ip === "127.0.0.1"), name);
      for (const { type, source } of volumes) {
        if (type === "bind") assert.ok(await Deno.stat(source), source);
      }
      if (image !== IMAGE || command === null) continue;
      const [subcommand = "", ...rest] = command;
      await checkFlags(subcommand, rest.filter((word) => word.startsWith("--")));
    }
  },
);

testWithPeers(
  { promtool: await findValidator("promtool", ["--version"]) },
  "deploy/prometheus passes promtool",
  async () => {
    const config = repositoryPath("deploy/prometheus/prometheus.yml");
    const { code, stdout, stderr } = await runProgram(["promtool", "check", "config", config]);
    assert.equal(code, 0, stdout + stderr);
  },
);

async function checkFlags(command: string, flags: readonly string[]): Promise<void> {
  const { stdout } = await runBroker([command, "--help"]);
  for (const flag of flags) {
    // --quiet and its like stand in the help of every command.
    assert.ok(new RegExp(`${flag}\\b`).test(stdout), `${command} has no ${flag}`);
  }
}

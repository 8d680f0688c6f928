import assert from "node:assert/strict";
import denoConfig from "../../deno.json" with { type: "json" };
import { PERMISSIONS } from "../../release/permissions.ts";
import { readChanges } from "../../release/read_changes.ts";
import { TARGETS } from "../../release/targets.ts";
import { type DenoLock, writeSbom } from "../../release/write_sbom.ts";
import { findToolchain } from "../binary/build_binary.ts";
import { temporaryFolder } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";
import { testWithPeers } from "../support/test_with_peers.ts";

const LOCK: DenoLock = {
  version: "5",
  specifiers: { "npm:@a/one@1.0.0": "1.0.0_peer@3.0.0", "npm:only_tests@9.0.0": "9.0.0" },
  npm: {
    "@a/one@1.0.0_peer@3.0.0": { integrity: "sha512-AAEC", dependencies: ["two", "peer"] },
    "two@2.0.0": { integrity: "sha512-/w==", dependencies: ["peer@3.0.0"] },
    "peer@3.0.0": { integrity: "sha512-AA==" },
    "only_tests@9.0.0": { integrity: "sha512-AA==" },
  },
};

Deno.test("writeSbom() lists what the imports need, with hashes and who needs whom", () => {
  const subject = { version: "0.1.0", deno: "2.9.6", imports: ["npm:@a/one@1.0.0"] };
  // deno-lint-ignore no-explicit-any -- a document, looked into
  const { components, dependencies } = writeSbom(LOCK, subject) as any;
  assert.deepEqual(components.map(({ purl }: { purl: string }) => purl), [
    "pkg:github/denoland/deno@v2.9.6",
    "pkg:npm/%40a/one@1.0.0",
    "pkg:npm/peer@3.0.0",
    "pkg:npm/two@2.0.0",
  ]);
  assert.deepEqual(components[1].hashes, [{ alg: "SHA-512", content: "000102" }]);
  assert.deepEqual(dependencies.map(({ dependsOn }: { dependsOn: string[] }) => dependsOn), [
    ["pkg:github/denoland/deno@v2.9.6", "pkg:npm/%40a/one@1.0.0"],
    ["pkg:npm/peer@3.0.0", "pkg:npm/two@2.0.0"],
    [],
    ["pkg:npm/peer@3.0.0"],
  ]);
  assert.throws(
    () => writeSbom(LOCK, { ...subject, imports: ["npm:three@1.0.0"] }),
    /Cannot find "npm:three@1\.0\.0" in deno\.lock/,
  );
});

Deno.test("readChanges() takes the section of a version, and names those that there are", () => {
  const changelog = "# Changelog\n\n## Unreleased\n\n- new\n\n## 0.1.0 (2026-11-21)\n\n- old\n";
  assert.equal(readChanges(changelog, "0.1.0"), "- old");
  assert.equal(readChanges(changelog, "Unreleased"), "- new");
  assert.throws(() => readChanges(changelog, "0.2.0"), /it has "## Unreleased", "## 0\.1\.0 /);
  assert.throws(() => readChanges("## 0.2.0\n", "0.2.0"), /is empty$/);
});

testWithPeers(
  { toolchain: await findToolchain() },
  "deno task release --dry-run makes an archive that runs, checksums and the list of packages",
  async ({ toolchain }) => {
    await using folder = await temporaryFolder();
    const [program, ...rest] = toolchain.deno;
    const script = repositoryPath("release/release.ts");
    const { code, stdout, stderr } = await runProgram([
      ...["env", `DENORT_BIN=${toolchain.denort}`, program, ...rest, "run", "-A"],
      ...[script, "--dry-run", "--out", folder.path],
    ] as [string, ...string[]]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^dry run: 1 of 5 targets, nothing uploaded$/m);
    const inFolder = { cwd: folder.path };
    assert.equal((await runProgram(["sha256sum", "--check", "SHA256SUMS"], inFolder)).code, 0);
    const archive = `broker-${denoConfig.version}-${Deno.build.target}.tar.gz`;
    assert.equal((await runProgram(["tar", "-xzf", archive], inFolder)).code, 0);
    const said = await runProgram([`${folder.path}/broker`, "--version"]);
    assert.match(said.stdout, /^broker \d+\.\d+\.\d+ \(.*Deno 2\.\d+\.\d+\)\n$/);
    const { specVersion, components } = JSON.parse(
      await Deno.readTextFile(`${folder.path}/broker.cdx.json`),
    );
    assert.equal(specVersion, "1.6");
    const names = components.map(({ name }: { name: string }) => name);
    assert.ok(names.includes("protobufjs") && !names.includes("playwright-core"), names.join());
  },
);

Deno.test("deno task compile refuses in a sentence what it cannot build", async () => {
  const refusals = [
    [["--all"], / with DENORT_BIN: it names the runtime of /],
    [
      ["--target", "sparc"],
      /^Cannot build for "sparc": the targets are x86_64-unknown-linux-gnu, /,
    ],
    [["--allow", "all"], /^Cannot use --allow "all": it takes sys, run, ffi\n$/],
    [["--all", "--output", "x"], /^Cannot combine --output with --all or --target/],
  ] as const;
  const compile = ["run", "-A", repositoryPath("release/compile.ts")];
  for (const [flags, sentence] of refusals) {
    const { code, stderr } = await runProgram(
      ["env", "DENORT_BIN=/nowhere", Deno.execPath(), ...compile, ...flags],
    );
    assert.equal(code, 1);
    assert.match(stderr, sentence);
  }
});

Deno.test("docs/install.md names each target, docs/security.md each permission of the binary", async () => {
  const install = await Deno.readTextFile(repositoryPath("docs/install.md"));
  for (const { triple } of TARGETS) assert.ok(install.includes(`\`${triple}\``), triple);
  const security = await Deno.readTextFile(repositoryPath("docs/security.md"));
  for (const { flag } of PERMISSIONS) assert.ok(security.includes(`\`${flag}\``), flag);
});

Deno.test("the release workflow pins each action by a commit, and gives no more rights than it uses", async () => {
  const workflow = await Deno.readTextFile(repositoryPath(".github/workflows/release.yml"));
  const actions = [...workflow.matchAll(/uses: (\S+)(.*)/g)];
  assert.ok(actions.length > 0);
  for (const [line, action = "", comment = ""] of actions) {
    assert.match(action, /@[0-9a-f]{40}$/, line);
    assert.match(comment, /^ # v\d+\.\d+\.\d+$/, line);
  }
  assert.match(workflow, /^permissions: \{\}$/m);
});

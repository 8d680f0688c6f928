import assert from "node:assert/strict";
import denoConfig from "../../deno.json" with { type: "json" };
import {
  FURTHER_PERMISSIONS,
  listPermissionFlags,
  PERMISSIONS,
} from "../../release/permissions.ts";
import { readChanges } from "../../release/read_changes.ts";
import { TARGETS } from "../../release/targets.ts";
import { V8_FLAGS } from "../../release/v8_flags.ts";
import { type DenoLock, writeSbom } from "../../release/write_sbom.ts";
import { findToolchain } from "../binary/build_binary.ts";
import { findValidator } from "../deploy/find_validators.ts";
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
    // What the workflow uploads beside them, and no more: who checks them has nothing else.
    const sums = await Deno.readTextFile(`${folder.path}/SHA256SUMS`);
    const summed = sums.trimEnd().split("\n").map((line) => line.split("  ")[1]);
    assert.deepEqual(summed, [archive, "broker.cdx.json"]);
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

testWithPeers(
  { toolchain: await findToolchain() },
  "deno task compile says what is wrong with DENORT_BIN, and leaves no binary that does not start",
  async ({ toolchain }) => {
    await using folder = await temporaryFolder();
    const output = `${folder.path}/broker`;
    // A program, but no runtime.
    const program = `${folder.path}/denort`;
    await Deno.copyFile("/bin/false", program);
    const rows = [
      [`${folder.path}/none`, /^Cannot use DENORT_BIN "\S+\/none": there is no such file$/m],
      [program, /^Cannot keep "\S+": it was built, but does not start; DENORT_BIN has to be of /m],
    ] as const;
    for (const [denort, sentence] of rows) {
      const compile = ["run", "-A", repositoryPath("release/compile.ts"), "--output", output];
      const { code, stderr } = await runProgram(
        ["env", `DENORT_BIN=${denort}`, ...toolchain.deno, ...compile],
      );
      assert.equal(code, 1);
      assert.match(stderr, sentence);
      await assert.rejects(Deno.stat(output), Deno.errors.NotFound);
    }
  },
);

Deno.test("listPermissionFlags() gives Deno no permission twice", () => {
  const own = PERMISSIONS.map(({ flag }) => flag);
  assert.deepEqual(listPermissionFlags([]), own);
  const names = listPermissionFlags([...FURTHER_PERMISSIONS, "sys"])
    .map((flag) => flag.split("=")[0]);
  assert.deepEqual(names.toSorted(), [...new Set(names)].sort());
  assert.ok(names.includes("--allow-ffi"));
});

testWithPeers(
  { git: await findValidator("git", ["--version"]) },
  "readCommit() knows no commit where the sources lie in the repository of something else",
  async () => {
    await using folder = await temporaryFolder();
    const sources = `${folder.path}/broker/release`;
    await Deno.mkdir(sources, { recursive: true });
    for (const name of ["read_commit.ts", "root.ts", "run_command.ts"]) {
      await Deno.copyFile(repositoryPath(`release/${name}`), `${sources}/${name}`);
    }
    const cwd = folder.path;
    const who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"];
    await runProgram(["git", "init", "--quiet"], { cwd });
    const commit = ["commit", "--quiet", "--allow-empty", "--message", "theirs"];
    assert.equal((await runProgram(["git", ...who, ...commit], { cwd })).code, 0);
    const script = `import { readCommit } from "${sources}/read_commit.ts";
      console.log(await readCommit());`;
    const { stdout } = await runProgram(
      ["env", "--unset=BROKER_COMMIT", Deno.execPath(), "eval", script],
    );
    assert.equal(stdout, "undefined\n");
  },
);

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
  // Only the job that runs none of our code may write.
  const jobs = workflow.split(/^ {2}(?=\w+:\n {4})/m).slice(1);
  const names = (pattern: RegExp) =>
    jobs.filter((job) => pattern.test(job)).map((job) => job.slice(0, job.indexOf(":")));
  assert.deepEqual(names(/^ +[\w-]+: write$/m), ["publish"]);
  assert.deepEqual(names(/^ +- run: .*(\bdeno|\.ci\/)/m), ["test", "build"]);
});

Deno.test("The task broker gives V8 the flags that binaries are built with", () => {
  assert.ok(denoConfig.tasks.broker.includes(` --v8-flags=${V8_FLAGS} `));
});

// What others make of the reflection and the health of `broker serve`: grpcurl and `buf curl`.
import assert from "node:assert/strict";
import { startServer } from "../support/broker.ts";
import { grpcurlPeer } from "../support/find_grpcurl.ts";
import { bufPeer } from "../support/find_peers.ts";
import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";
import { testWithPeers } from "../support/test_with_peers.ts";

const [buf, grpcurl] = [await bufPeer(), await grpcurlPeer()];
const CLIENT_TIMEOUT_MS = 60_000;

const testdata = (name: string) => repositoryPath(`tests/testdata/reflection/${name}`);
const LAB = [testdata("lab.proto"), "--handlers", testdata("handlers.ts")];
const BARE = [testdata("bare.proto"), "--handlers", testdata("handlers.ts")];

const READING = {
  takenAt: "2026-11-21T08:00:00Z",
  unit: "UNIT_KELVIN",
  value: 0,
  probe: { name: "a" },
  probesByName: { a: { name: "b" } },
  places: { 7: { room: "lab" } },
  no: 5,
  samples: [1, 2],
};

/** Runs a client to its end; what it prints on stdout, or else its complaint. */
async function ask(
  command: readonly [string, ...string[]],
  input = "",
): Promise<{ readonly code: number; readonly printed: string }> {
  const { code, stdout, stderr } = await runProgram(command, {
    input,
    timeoutMs: CLIENT_TIMEOUT_MS,
  });
  return { code, printed: code === 0 ? stdout : stderr };
}

/** The JSON objects that a client printed one after the other. */
function parseAll(printed: string): unknown[] {
  return JSON.parse(`[${printed.trim().replace(/\}\s*\{/g, "},{")}]`);
}

testWithPeers(
  { grpcurl },
  "grpcurl lists and describes what serve serves",
  async ({ grpcurl }, t) => {
    await using lab = await startServer(LAB);
    await using bare = await startServer(BARE);
    const rows: readonly (readonly [target: string, args: string[], want: RegExp])[] = [
      [
        lab.target,
        ["list"],
        /^grpc\.health\.v1\.Health\ngrpc\.reflection\.v1\.ServerReflection\ngrpc\.reflection\.v1alpha\.ServerReflection\nlab\.v1\.Lab\n$/,
      ],
      [lab.target, ["list", "lab.v1.Lab"], /^lab\.v1\.Lab\.Follow\nlab\.v1\.Lab\.Put\n$/],
      [
        lab.target,
        ["describe", "lab.v1.Lab"],
        /rpc Follow \( stream \.lab\.v1\.Reading \) returns \( stream \.lab\.v1\.Reading \);/,
      ],
      [lab.target, ["describe", "lab.v1.Lab.Put"], /^lab\.v1\.Lab\.Put is a method:\n/],
      [
        lab.target,
        ["describe", "lab.v1.Reading"],
        /\.google\.protobuf\.Timestamp taken_at = 1;[^]*optional double value = 3;[^]*map<string, \.lab\.v1\.Reading\.Probe> probes_by_name = 5;[^]*oneof kind \{\n *string text = 7;\n *int32 number = 8 \[json_name = "no"\];\n *\}[^]*old_name = 9 \[deprecated = true\];[^]*\[packed = false\]/,
      ],
      [
        lab.target,
        ["describe", "lab.v1.Reading.Probe"],
        /message Probe \{\n {2}string name = 1;\n\}/,
      ],
      [lab.target, ["describe", "shared.v1.Unit"], /UNIT_KELVIN = 1;/],
      [lab.target, ["describe", "shared.v1.Place"], /string room = 1;/],
      [lab.target, ["describe", "google.protobuf.Timestamp"], /int32 nanos = 2;/],
      [lab.target, ["describe", "grpc.health.v1.Health"], /rpc Watch .* returns \( stream/],
      [
        lab.target,
        ["-msg-template", "describe", "lab.v1.Reading"],
        /"takenAt": "1970-01-01T00:00:00Z"/,
      ],
      [bare.target, ["list", "Bare"], /^Bare\.Echo\n$/],
      [bare.target, ["describe", "Word"], /\.Mood mood = 2;/],
    ];
    for (const [target, args, want] of rows) {
      await t.step(args.join(" "), async () => {
        // grpcurl wants the target between its flags and what to do.
        const flags = args.filter((arg) => arg.startsWith("-"));
        const rest = args.filter((arg) => !arg.startsWith("-"));
        const { code, printed } = await ask([
          grpcurl.executable,
          "-plaintext",
          ...flags,
          target,
          ...rest,
        ]);
        assert.equal(code, 0, printed);
        assert.match(printed, want);
      });
    }
    await t.step("describe constructor", async () => {
      const command = [grpcurl.executable, "-plaintext", lab.target] as const;
      const { code, printed } = await ask([...command, "describe", "constructor"]);
      assert.notEqual(code, 0);
      assert.match(printed, /Symbol not found: constructor/);
    });
  },
);

testWithPeers({ grpcurl }, "grpcurl calls through reflection", async ({ grpcurl }) => {
  await using lab = await startServer(LAB);
  await using bare = await startServer(BARE);
  const call = (target: string, method: string, input: string, ...flags: string[]) =>
    ask([grpcurl.executable, "-plaintext", ...flags, "-d", "@", target, method], input);
  const put = await call(lab.target, "lab.v1.Lab/Put", JSON.stringify(READING));
  assert.equal(put.code, 0, put.printed);
  assert.deepEqual(parseAll(put.printed), [READING]);
  const rows = [READING, { no: 0 }, { text: "x" }];
  const input = rows.map((row) => JSON.stringify(row)).join("\n");
  const follow = await call(lab.target, "lab.v1.Lab/Follow", input);
  assert.equal(follow.code, 0, follow.printed);
  assert.deepEqual(parseAll(follow.printed), rows);
  const echo = await call(bare.target, "Bare/Echo", '{"text": "hi"}');
  assert.deepEqual(parseAll(echo.printed), [{ text: "hi" }]);
});

testWithPeers({ grpcurl }, "grpcurl reads serve's health", async ({ grpcurl }) => {
  await using lab = await startServer(LAB);
  const check = (data: string, ...flags: string[]) =>
    ask([
      grpcurl.executable,
      "-plaintext",
      ...flags,
      "-d",
      data,
      lab.target,
      "grpc.health.v1.Health/Check",
    ]);
  for (const data of ["{}", '{"service": "lab.v1.Lab"}']) {
    const { code, printed } = await check(data);
    assert.equal(code, 0, printed);
    assert.deepEqual(parseAll(printed), [{ status: "SERVING" }]);
  }
  const unknown = await check('{"service": "lab.v1.Nothing"}');
  assert.notEqual(unknown.code, 0);
  assert.match(unknown.printed, /Code: NotFound/);
});

testWithPeers({ buf }, "buf curl lists and calls through reflection", async ({ buf }) => {
  await using lab = await startServer(LAB);
  const curl = (...args: string[]) =>
    ask([
      buf.executable,
      "curl",
      "--protocol",
      "grpc",
      "--http2-prior-knowledge",
      ...args.map((arg) => arg.replace("TARGET", `http://${lab.target}`)),
    ]);
  for (const version of ["grpc-v1", "grpc-v1alpha"]) {
    const reflect = ["--reflect-protocol", version];
    const listed = await curl(...reflect, "--list-methods", "TARGET");
    assert.equal(listed.code, 0, listed.printed);
    for (const method of ["lab.v1.Lab/Put", "lab.v1.Lab/Follow", "grpc.health.v1.Health/Check"]) {
      assert.ok(listed.printed.split("\n").includes(method), listed.printed);
    }
    const put = await curl(...reflect, "-d", JSON.stringify(READING), "TARGET/lab.v1.Lab/Put");
    assert.equal(put.code, 0, put.printed);
    assert.deepEqual(parseAll(put.printed), [READING]);
  }
  const rows = [READING, { text: "x" }];
  const data = rows.map((row) => JSON.stringify(row)).join("\n");
  const follow = await curl("-d", data, "TARGET/lab.v1.Lab/Follow");
  assert.equal(follow.code, 0, follow.printed);
  assert.deepEqual(parseAll(follow.printed), rows);
  const health = await curl("TARGET/grpc.health.v1.Health/Check");
  assert.deepEqual(parseAll(health.printed), [{ status: "SERVING" }]);
});

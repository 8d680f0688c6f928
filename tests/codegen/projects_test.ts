import assert from "node:assert/strict";
import { createProject, generateFiles } from "../../codegen/mod.ts";
import { typesModule } from "../../codegen/project.ts";
import { planAnswer } from "../../codegen/describe_answer.ts";
import { RpcError } from "../../rpc/mod.ts";
import { loadSources, type Sources } from "../../schema/mod.ts";
import { readRuntimeFiles } from "../../scaffolding/mod.ts";
import { runBroker, startServer, temporaryFolder } from "../support/broker.ts";
import { nodePeer } from "../support/find_peers.ts";
import { repositoryPath } from "../support/paths.ts";
import { isMissing } from "../support/peer.ts";
import { createRandom, printSeed } from "../support/random.ts";
import { runProgram } from "../support/run_program.ts";
import { printLiteral, randomMessage } from "./random_messages.ts";
import { PROTO_CASES, type ProtoCase, sweptProto, wideProto } from "./support.ts";

/** As strict as TypeScript can be: what passes here passes with any options of a user. */
const CONFIG = {
  imports: {
    "@grpc/grpc-js": "npm:@grpc/grpc-js@1.14.7",
    "@grpc/proto-loader": "npm:@grpc/proto-loader@0.8.1",
  },
  nodeModulesDir: "none",
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    noFallthroughCasesInSwitch: true,
    noImplicitOverride: true,
    noImplicitReturns: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
  },
  fmt: { lineWidth: 100 },
};

const MESSAGES_PER_TYPE = 20;
const TIMEOUT_MS = 300_000;

/** A folder that was scaffolded. */
interface Scaffolded extends ProtoCase {
  readonly folder: string;
  readonly proto: string;
  readonly sources: Sources;
}

Deno.test("every proto becomes a project that is right in all that its tools and runtimes look at", async (t) => {
  await using root = await temporaryFolder();
  const projects: Scaffolded[] = [];
  const deno = async (...args: string[]) => {
    const ran = await runProgram([Deno.execPath(), ...args], {
      cwd: root.path,
      timeoutMs: TIMEOUT_MS,
    });
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    return ran;
  };
  await Deno.writeTextFile(`${root.path}/deno.json`, `${JSON.stringify(CONFIG, null, 2)}\n`);
  await Deno.writeTextFile(`${root.path}/wide.proto`, wideProto(500));
  const wide = { name: "wide", path: `${root.path}/wide.proto`, importPaths: [] };
  await Deno.writeTextFile(`${root.path}/swept.proto`, sweptProto());
  const swept = { name: "swept", path: `${root.path}/swept.proto`, importPaths: [] };

  await t.step("broker scaffold writes it", async () => {
    for (const proto of [...PROTO_CASES, wide, swept]) {
      projects.push(await scaffold(root.path, proto));
    }
  });
  await t.step("deno fmt has nothing to change", async () => {
    await deno("fmt", "--check", ...projects.map(({ folder }) => folder));
  });
  await t.step("deno lint has nothing to say", async () => {
    await deno("lint", ...projects.map(({ folder }) => folder));
  });
  await t.step("its types hold, also for messages as they arrive", async () => {
    const seed = printSeed();
    for (const project of projects) await writeReceived(project, createRandom(seed));
    await writeTypeErrors(root.path);
    await deno("check", ...projects.map(({ folder }) => folder));
  });
  await t.step("its tests pass under Deno", async () => {
    await deno(
      "test",
      "-A",
      "--no-check",
      ...projects.map(({ folder }) => `${folder}/server_test.ts`),
    );
  });
  const node = await nodePeer();
  await t.step({
    name: isMissing(node)
      ? `its tests pass under Node (skipped: ${node.missing})`
      : "its tests pass under Node",
    ignore: isMissing(node),
    fn: async () => {
      if (isMissing(node)) return;
      await Deno.symlink(
        repositoryPath("tests/peers/node/node_modules"),
        `${root.path}/node_modules`,
      );
      const tests = projects.map(({ folder }) => `${folder}/server_test.ts`);
      const command = [node.executable, "--test", ...tests] as const;
      const ran = await runProgram(command, { cwd: root.path, timeoutMs: TIMEOUT_MS });
      assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    },
  });
  await t.step("broker serve serves it, and its client calls every method", async () => {
    for (const project of projects) await serveAndCall(project);
  });
});

async function scaffold(root: string, proto: ProtoCase): Promise<Scaffolded> {
  const folder = `${root}/${proto.name}`;
  const imports = proto.importPaths.flatMap((path) => ["-I", path]);
  const ran = await runBroker(["scaffold", proto.path, ...imports, "--out", folder]);
  assert.equal(ran.exitCode, 0, ran.stderr);
  const copy = `${folder}/${proto.name}.proto`;
  // The copy stands on its own: without -I.
  return { ...proto, folder, proto: copy, sources: await loadSources(copy) };
}

/** Messages that have travelled, as constants of their types: a type that said anything else would not hold them. */
async function writeReceived(
  { folder, sources }: Scaffolded,
  random: (below: number) => number,
): Promise<void> {
  const project = createProject(sources);
  const lines = [`import type * as types from "./${typesModule(project)}";`];
  for (const { schema } of project.services) {
    for (const { name, request, definition } of schema.methods) {
      const type = project.names.received.get(request.fullName);
      const sent = project.names.sent.get(request.fullName);
      const shape = sources.messages.get(request.fullName) ?? request;
      const messages = [randomMessage(shape, () => 1)];
      for (let count = 0; count < MESSAGES_PER_TYPE; count++) {
        messages.push(randomMessage(shape, random));
      }
      for (const [index, message] of messages.entries()) {
        const received = definition.requestDeserialize(definition.requestSerialize(message));
        const constant = `${schema.fullName.replaceAll(".", "_")}_${name}_${index}`;
        lines.push(
          `export const ${constant}: types.${type} = ${printLiteral(received)};`,
          // What was received may be sent on.
          `export const ${constant}_sent: types.${sent} = ${constant};`,
        );
      }
    }
  }
  await Deno.writeTextFile(`${folder}/received_check.ts`, `${lines.join("\n")}\n`);
}

/** What must not be possible; `deno check` fails where it is. */
async function writeTypeErrors(root: string): Promise<void> {
  const source = repositoryPath("tests/testdata/scaffold/type_errors.txt");
  await Deno.copyFile(source, `${root}/constructs/type_errors_check.ts`);
}

/** Whether our server knows the errors of scaffolded code for what they are. */
const KNOWS_REFUSALS = Object.assign(new Error(""), { name: "RpcError", code: 12 }) instanceof
  RpcError;

async function serveAndCall({ folder, proto, sources }: Scaffolded): Promise<void> {
  const handlers = `${folder}/server.ts`;
  await using server = await startServer([proto, "--handlers", handlers, "--log", "off"]);
  const client = await runProgram(
    [Deno.execPath(), "run", "-A", "--no-check", `${folder}/client.ts`, server.target],
    { cwd: folder },
  );
  const printed = client.stdout + client.stderr;
  const project = createProject(sources);
  for (const { constant, schema } of project.services) {
    for (const method of schema.methods) {
      const line = printed.split("\n").find((text) =>
        text.startsWith(`${constant}.${method.name} `)
      );
      assert.ok(line !== undefined, `${constant}.${method.name} did not answer: ${printed}`);
      const isRefused = planAnswer(method).kind === "unimplemented";
      if (isRefused && KNOWS_REFUSALS) assert.match(line, /UNIMPLEMENTED .* is not written yet$/);
      if (!isRefused) assert.doesNotMatch(line, / [A-Z_]{5,} /);
    }
  }
  if (KNOWS_REFUSALS) assert.equal(client.code, 0, printed);
  await streamSample({ folder, proto, target: server.target });
}

/** `deno task stream`, if there is one: every row of `sample.csv` is answered. */
async function streamSample(
  { folder, proto, target }: {
    readonly folder: string;
    readonly proto: string;
    readonly target: string;
  },
): Promise<void> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${folder}/deno.json`));
  if (tasks.stream === undefined) return;
  const method = / --method (\S+)/.exec(tasks.stream)?.[1];
  const flags = method === undefined ? [] : ["--method", method];
  const args = ["stream", `${folder}/sample.csv`, target, "--proto", proto, ...flags, "--quiet"];
  const ran = await runBroker(args);
  // A method that collects its requests gives one answer for all.
  const isDone = ran.exitCode === 0 && ran.stdout !== "";
  const isRefused = !isDone && /UNIMPLEMENTED|UNKNOWN/.test(ran.stderr);
  assert.ok(isDone || isRefused, `${args.join(" ")}: ${ran.stdout}${ran.stderr}`);
}

Deno.test("generateFiles() is the same for the same proto", async () => {
  const [proto] = PROTO_CASES;
  assert.ok(proto !== undefined);
  const runtime = await readRuntimeFiles();
  const write = async () =>
    generateFiles(createProject(await loadSources(proto.path)), { runtime });
  assert.deepEqual(await write(), await write());
});

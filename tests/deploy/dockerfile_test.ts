// Rules for Dockerfiles: no Docker engine runs where this is made, so that a mistake would show at a user's first.
import assert from "node:assert/strict";
import denoConfig from "../../deno.json" with { type: "json" };
import { EMBEDDED } from "../../release/embedded.ts";
import { runBroker } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { type Instruction, parseDockerfile, type Stage } from "./parse_dockerfile.ts";

/** The ports of the AI4EU and Graphene contract: gRPC, and the page. */
const PORTS = "8061 8062";

/** Says what is wrong with a Dockerfile; an empty list when nothing is. */
function judge(stages: readonly Stage[], fileExists: (path: string) => boolean): string[] {
  const faults: string[] = [];
  const names = stages.map(({ name }) => name);
  for (const { base, instructions } of stages) {
    if (!isPinned(base) && !names.includes(base)) faults.push(`${base} is not pinned`);
    let hasPipefail = false;
    for (const { name, text, words } of instructions) {
      const line = `${name} ${text}`;
      hasPipefail ||= name === "SHELL" && words?.includes("pipefail") === true;
      if (name === "ADD" || name === "ONBUILD" || name === "MAINTAINER") faults.push(line);
      if (name === "RUN" && text.includes(" | ") && !hasPipefail) {
        faults.push(`no pipefail: ${line}`);
      }
      if (name === "RUN" && /\bsudo\b|curl .*\| *(ba)?sh/.test(text)) faults.push(line);
      if (/^(CMD|ENTRYPOINT|HEALTHCHECK)$/.test(name) && words === undefined) {
        faults.push(`no exec form: ${line}`);
      }
      if (name === "ENV" && /(TOKEN|SECRET|PASSWORD|KEY)/.test(text)) faults.push(line);
      if (name === "COPY") faults.push(...missingSources(text, fileExists));
    }
  }
  return faults;
}

/** A digest, or a tag with a version in it; never `latest`, which is what no tag means. */
function isPinned(base: string): boolean {
  return base === "scratch" || /@sha256:[0-9a-f]{64}$/.test(base) ||
    /:v?\d+\.\d+\.\d+\b/.test(base);
}

function missingSources(text: string, fileExists: (path: string) => boolean): string[] {
  const words = text.split(/\s+/);
  if (words.some((word) => word.startsWith("--from="))) return [];
  const sources = words.filter((word) => !word.startsWith("--")).slice(0, -1);
  return sources.filter((path) => !fileExists(path)).map((path) => `COPY: there is no ${path}`);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function find(stage: Stage, name: string): Instruction {
  const found = stage.instructions.filter((instruction) => instruction.name === name);
  assert.equal(found.length, 1, `${name}: ${found.length} of them`);
  return found[0];
}

const DOCKERFILE = parseDockerfile(await Deno.readTextFile(repositoryPath("Dockerfile")));
const image = DOCKERFILE[DOCKERFILE.length - 1];

Deno.test("Dockerfile keeps the rules", () => {
  assert.deepEqual(judge(DOCKERFILE, (path) => exists(repositoryPath(path))), []);
});

Deno.test("the rules find what is wrong with a Dockerfile", () => {
  const stages = parseDockerfile(`FROM node:latest AS build
ADD https://example.com/x /x
COPY nowhere ./
RUN a | \\
    b
FROM debian
ENV API_TOKEN=x
CMD node server.js
`);
  assert.deepEqual(judge(stages, () => false), [
    "node:latest is not pinned",
    "ADD https://example.com/x /x",
    "COPY: there is no nowhere",
    "no pipefail: RUN a | b",
    "debian is not pinned",
    "ENV API_TOKEN=x",
    "no exec form: CMD node server.js",
  ]);
});

Deno.test("the image runs broker as an unprivileged user with a number, and tells its health", async () => {
  const names = image.instructions.map(({ name }) => name);
  assert.match(find(image, "USER").text, /^[1-9]\d{3,}:[1-9]\d{3,}$/);
  assert.ok(names.indexOf("USER") < names.indexOf("ENTRYPOINT"));
  assert.equal(find(image, "EXPOSE").text, PORTS);
  assert.equal(find(image, "STOPSIGNAL").text, "SIGTERM");
  const [program = "", ...health] = find(image, "HEALTHCHECK").words ?? [];
  assert.deepEqual(find(image, "ENTRYPOINT").words, [program]);
  assert.deepEqual(health, ["health", "127.0.0.1:8061", "--max-time", "2s"]);
  await checkServeFlags(find(image, "CMD").words ?? []);
});

Deno.test("the image says what it is, in the version of deno.json", () => {
  const { text } = find(image, "LABEL");
  const labels = [...text.matchAll(/org\.opencontainers\.image\.(\w+)="(.*?)"/g)];
  assert.deepEqual(labels.map(([, name, value]) => [name, value]), [
    ["title", "broker"],
    ["version", denoConfig.version],
    ["revision", "$COMMIT"],
    ["licenses", "MIT"],
  ]);
});

Deno.test(".dockerignore keeps what the binary is made of", async () => {
  const ignored = (await Deno.readTextFile(repositoryPath(".dockerignore"))).split("\n");
  for (const path of ["main.ts", "deno.json", "deno.lock", "release/compile.ts", ...EMBEDDED]) {
    const [top = ""] = path.split("/");
    assert.ok(!ignored.includes(path) && !ignored.includes(top), path);
  }
  for (const path of ["dist", "node_modules", ".git", "**/*.key"]) {
    assert.ok(ignored.includes(path), path);
  }
});

for (const name of ["databroker", "rides"]) {
  Deno.test(`the Dockerfile of examples/${name} keeps the rules, and serves what is there`, async () => {
    const folder = repositoryPath(`examples/${name}`);
    const stages = parseDockerfile(await Deno.readTextFile(`${folder}/Dockerfile`));
    assert.deepEqual(judge(stages, (path) => exists(`${folder}/${path}`)), []);
    const command = find(stages[0], "CMD").words ?? [];
    for (const file of command.filter((word) => /\.(proto|ts)$/.test(word))) {
      assert.ok(exists(`${folder}/${file}`), file);
    }
    await checkServeFlags(command);
    // What USER and ENTRYPOINT are comes with broker's image.
    assert.match(stages[0].base, /^broker:\d+\.\d+\.\d+$/);
  });
}

/** Whether `broker serve` knows the flags of a CMD. */
async function checkServeFlags(command: readonly string[]): Promise<void> {
  assert.equal(command[0], "serve");
  const { stdout } = await runBroker(["serve", "--help"]);
  for (const flag of command.filter((word) => word.startsWith("--"))) {
    assert.ok(new RegExp(`^ .*${flag}\\b`, "m").test(stdout), `serve has no ${flag}`);
  }
}

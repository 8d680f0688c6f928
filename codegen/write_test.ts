import type { MethodSchema } from "../schema/mod.ts";
import { planAnswer, printableAnswer } from "./describe_answer.ts";
import { joinLines, printCall, printImport, printString } from "./layout.ts";
import { printValue } from "./print_value.ts";
import { lookUp, type Project, type ProjectService } from "./project.ts";

/** Writes `server_test.ts`: every handler called directly, and all over a socket. */
export function writeTest(project: Project): string {
  const methods = project.services.flatMap((service) =>
    service.schema.methods.map((method) => ({ service, method }))
  );
  const direct = methods.flatMap(({ service, method }) => [
    "",
    ...writeDirectTest(project, service, method),
  ]);
  const calls = methods.map(({ service, method }) => writeSocketCall(project, service, method));
  const code = [...direct, ...calls.flat()].join("\n");
  const helpers = ["collect", "received", "startServer", "streamOf", "testCall"]
    .filter((name) =>
      name === "startServer" || code.includes(`${name}(`) || code.includes(`${name}.`)
    );
  return joinLines([
    `// Tests of the handlers in server.ts. This file is yours: change it with them.`,
    'import assert from "node:assert/strict";',
    'import test from "node:test";',
    ...(code.includes("Status.") ? ['import { Status } from "./gen/runtime/rpc.ts";'] : []),
    'import { connect } from "./gen/standalone.ts";',
    ...printImport(helpers, "./gen/testing.ts"),
    'import * as samples from "./samples.ts";',
    'import * as server from "./server.ts";',
    ...direct,
    "",
    'test("the server answers a client over a socket", async () => {',
    "  const running = await startServer();",
    "  const connection = connect(running.target);",
    "  try {",
    "    const { services } = connection;",
    ...calls.flat(),
    "  } finally {",
    "    // In this order: on some versions of Deno a grpc-js server may not survive its first client.",
    "    await running.kill();",
    "    connection.close();",
    "  }",
    "});",
  ]);
}

function writeDirectTest(
  project: Project,
  service: ProjectService,
  method: MethodSchema,
): string[] {
  const name = `${service.constant}.${method.name}`;
  const sample = lookUp(project.names.received, method.request.fullName);
  const takesStream = method.kind === "client_streaming" || method.kind === "bidirectional";
  const input = takesStream ? "streamOf(request)" : "request";
  const call = collected(method, `server.${name}(${input}, testCall())`);
  const head = [`  const request = received.${sample}(samples.${sample});`];
  const plan = planAnswer(method);
  if (plan.kind === "unimplemented") {
    return [
      `test(${printString(`${name} is not written yet`)}, async () => {`,
      ...head,
      `  const call = async () => await ${call};`,
      "  await assert.rejects(call, { code: Status.UNIMPLEMENTED });",
      "});",
    ];
  }
  const title = plan.kind === "shared" && plan.fields.length === 0
    ? `${name} answers`
    : `${name} answers with what it was sent`;
  return [
    `test(${printString(title)}, async () => {`,
    ...head,
    ...writeConstant("  ", "expected", expectedAnswer(project, method)),
    `  const ${variableOf(method)} = await ${call};`,
    `  assert.deepEqual(${variableOf(method)}, ${
      givesStream(method) ? "[expected]" : "expected"
    });`,
    "});",
  ];
}

function writeSocketCall(
  project: Project,
  service: ProjectService,
  method: MethodSchema,
): string[] {
  const name = `${service.constant}.${method.name}`;
  const sample = lookUp(project.names.received, method.request.fullName);
  const answerType = lookUp(project.names.received, method.response.fullName);
  const takesStream = method.kind === "client_streaming" || method.kind === "bidirectional";
  const call = collected(method, `services.${name}(${takesStream ? "[request]" : "request"})`);
  const request = `      const request = received.${sample}(samples.${sample});`;
  const plan = planAnswer(method);
  if (plan.kind === "unimplemented") {
    return [
      "    {",
      request,
      ...printCall("      ", "await assert.rejects", [call, "{ code: Status.UNIMPLEMENTED }"]),
      "    }",
    ];
  }
  const expected = plan.kind === "same"
    ? "request"
    : `received.${answerType}(${expectedAnswer(project, method)("      ", 40)})`;
  return [
    "    {",
    request,
    `      const expected = ${expected};`,
    `      const ${variableOf(method)} = await ${call};`,
    `      assert.deepEqual(${variableOf(method)}, ${
      givesStream(method) ? "[expected]" : "expected"
    });`,
    "    }",
  ].flatMap((line) => line.split("\n"));
}

/** The answer as code that reads `request`, for a line with that indent and so much before it. */
function expectedAnswer(project: Project, method: MethodSchema) {
  const value = printableAnswer(project.sources, method.response, {
    plan: planAnswer(method),
    variable: "request",
  });
  return (indent: string, start: number) => printValue(value, { indent, start });
}

function writeConstant(
  indent: string,
  name: string,
  print: (indent: string, start: number) => string,
): string[] {
  const head = `${indent}const ${name} = `;
  return `${head}${print(indent, head.length)};`.split("\n");
}

function collected(method: MethodSchema, call: string): string {
  return givesStream(method) ? `collect(${call})` : call;
}

function givesStream({ kind }: MethodSchema): boolean {
  return kind === "server_streaming" || kind === "bidirectional";
}

function variableOf(method: MethodSchema): string {
  return givesStream(method) ? "answers" : "answer";
}

import type { MethodSchema } from "../schema/mod.ts";
import { joinLines, printCall, printString } from "./layout.ts";
import { lookUp, type Project, type ProjectService } from "./project.ts";

/** Writes `client.ts`: a call of each method with a sample. */
export function writeClient(project: Project): string {
  return joinLines([
    `// Calls every method of ${project.protoFile} once. This file is yours: change it as you like.`,
    'import process from "node:process";',
    'import { RpcError, Status, statusName } from "./gen/runtime/rpc.ts";',
    'import { connect } from "./gen/standalone.ts";',
    'import * as samples from "./samples.ts";',
    "",
    'const connection = connect(process.argv[2] ?? "localhost:8061");',
    "const { services } = connection;",
    ...project.services.flatMap((service) => [
      "",
      ...service.schema.methods.flatMap((method) => writeCall(project, service, method)),
    ]),
    "",
    "connection.close();",
    "",
    ...SHOW,
  ]);
}

function writeCall(project: Project, service: ProjectService, method: MethodSchema): string[] {
  const sample = `samples.${lookUp(project.names.received, method.request.fullName)}`;
  const takesStream = method.kind === "client_streaming" || method.kind === "bidirectional";
  const input = takesStream ? `[${sample}]` : sample;
  const call = `services.${service.constant}.${method.name}(${input})`;
  return printCall("", "await show", [printString(`${service.constant}.${method.name}`), call]);
}

/** Prints answers as they come; a method that nobody has written yet is no failure. */
const SHOW = `/** Prints the answers as they come, or why there are none. */
async function show(
  name: string,
  answers: Promise<object> | AsyncIterable<object>,
): Promise<void> {
  try {
    if (Symbol.asyncIterator in answers) {
      for await (const answer of answers) console.log(name, answer);
    } else {
      console.log(name, await answers);
    }
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    console.log(name, statusName(error.code), error.message);
    if (error.code !== Status.UNIMPLEMENTED) process.exitCode = 1;
  }
}`.split("\n");

import type { MessageShape } from "../schema/mod.ts";
import { joinLines, LINE_WIDTH, printImport } from "./layout.ts";
import { printValue } from "./print_value.ts";
import { lookUp, type Project, typesModule } from "./project.ts";
import { sampleMessage } from "./sample_message.ts";

/** Writes `samples.ts`: an example of each request. */
export function writeSamples(project: Project): string {
  const messages = listRequests(project);
  const types = messages.map(({ fullName }) => lookUp(project.names.sent, fullName));
  return joinLines([
    "// What client.ts sends and server_test.ts tests with. This file is yours: change it as you like.",
    ...printImport(types, `./${typesModule(project)}`, true),
    ...messages.flatMap((message) => ["", ...writeSample(project, message)]),
  ]);
}

/** Every message that a method takes, once. */
export function listRequests({ services }: Project): MessageShape[] {
  const requests = services.flatMap(({ schema }) => schema.methods.map(({ request }) => request));
  return [...new Map(requests.map((request) => [request.fullName, request])).values()];
}

function writeSample(project: Project, message: MessageShape): string[] {
  const name = lookUp(project.names.received, message.fullName);
  const type = lookUp(project.names.sent, message.fullName);
  const head = `export const ${name}: ${type} = `;
  const value = sampleMessage(project.sources, message);
  const text = head + printValue(value, { start: head.length });
  const first = text.split("\n")[0] ?? "";
  if (first.length <= LINE_WIDTH) return `${text};`.split("\n");
  if (head.trimEnd().length <= LINE_WIDTH) {
    const below = printValue(value, { indent: "  ", start: 2 });
    return [head.trimEnd(), ...`  ${below};`.split("\n")];
  }
  const broken = `  ${printValue(value, { indent: "  ", start: type.length + 5 })};`;
  return [`export const ${name}:`, ...`  ${type} = ${broken.trimStart()}`.split("\n")];
}

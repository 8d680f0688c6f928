import type { MessageShape, MethodSchema } from "../schema/mod.ts";
import { joinLines, printCall, printImport, printString } from "./layout.ts";
import { planLongKeys } from "./plan_long_keys.ts";
import { printValue, textValue, type Value } from "./print_value.ts";
import { lookUp, type Project, typesModule } from "./project.ts";
import { generatedHeader } from "./write_types.ts";

/** Writes `gen/standalone.ts`: server and client on grpc-js, with the types of this proto. */
export function writeStandalone(project: Project): string {
  const services: Value = {
    kind: "object",
    entries: project.services.map(({ constant, schema }) => [
      constant,
      textValue(printString(schema.fullName)),
    ]),
  };
  const requests: Value = {
    kind: "object",
    entries: project.services.flatMap(({ schema }) =>
      schema.methods.map(({ path, request }): [string, Value] => [
        path,
        textValue(printString(request.fullName)),
      ])
    ),
  };
  const module = `./${typesModule(project).slice("gen/".length)}`;
  const longKeys = planLongKeys(project);
  return joinLines([
    generatedHeader(project.protoFile),
    ...printImport(["Clients", "Services"], module, true),
    'import { type Connection, openClients } from "./runtime/client.ts";',
    'import type { ProtoInfo } from "./runtime/definitions.ts";',
    'import { serveHandlers } from "./runtime/server.ts";',
    "",
    "/** The proto, its services, and what their methods take. */",
    "export const PROTO: ProtoInfo = {",
    `  file: new URL(${printString(`../${project.protoFile}`)}, import.meta.url),`,
    ...(project.editionJson === undefined
      ? []
      : ['  json: new URL("definitions.json", import.meta.url),']),
    `  services: ${printValue(services, { indent: "  ", start: 12 })},`,
    `  requests: ${printValue(requests, { indent: "  ", start: 12 })},`,
    ...(longKeys === undefined
      ? []
      : [`  longKeys: ${printValue(longKeys, { indent: "  ", start: 12 })},`]),
    "};",
    "",
    "/** Serves the handlers until SIGINT or SIGTERM; HOST and PORT, default 0.0.0.0 and 8061, say where. */",
    "export function serve(services: Services): void {",
    "  serveHandlers(PROTO, services);",
    "}",
    "",
    "/** Connects to `host:port`, without TLS. */",
    "export function connect(target: string): Connection<Clients> {",
    "  const connection = openClients(PROTO, target);",
    "  // The same proto made the types.",
    "  return { ...connection, services: connection.services as unknown as Clients };",
    "}",
  ]);
}

/** Writes `gen/testing.ts`: what `server_test.ts` imports. */
export function writeTesting(project: Project): string {
  const parts = messagesOfMethods(project);
  const types = parts.flatMap(({ message }) => [
    lookUp(project.names.received, message.fullName),
    lookUp(project.names.sent, message.fullName),
  ]);
  const module = `./${typesModule(project).slice("gen/".length)}`;
  return joinLines([
    generatedHeader(project.protoFile),
    ...printImport(types, module, true),
    'import { asReceived } from "./runtime/definitions.ts";',
    'import { PROTO } from "./standalone.ts";',
    "",
    'export { collect, startServer, streamOf, testCall } from "./runtime/testing.ts";',
    "",
    "/** Messages as they are after they have travelled, with every default filled in. */",
    "export const received = {",
    ...parts.flatMap((part) => writeReceived(project, part)),
    "};",
  ]);
}

/** A message, and a method that takes or gives it. */
interface MessagePart {
  readonly message: MessageShape;
  readonly constant: string;
  readonly method: MethodSchema;
  readonly part: "request" | "answer";
}

/** Every message that a method takes or gives, once. */
function messagesOfMethods({ services }: Project): MessagePart[] {
  const parts = new Map<string, MessagePart>();
  for (const { constant, schema } of services) {
    for (const method of schema.methods) {
      const { request, response } = method;
      const sides = [["request", request], ["answer", response]] as const;
      for (const [part, message] of sides) {
        if (parts.has(message.fullName)) continue;
        parts.set(message.fullName, { message, constant, method, part });
      }
    }
  }
  return [...parts.values()];
}

function writeReceived(
  { names }: Project,
  { message, constant, method, part }: MessagePart,
): string[] {
  const received = lookUp(names.received, message.fullName);
  const sent = lookUp(names.sent, message.fullName);
  const path = [constant, method.name, part].map(printString).join(", ");
  const call = printCall("    ", "return asReceived", ["PROTO", `[${path}]`, "message"], "");
  const last = call.pop() ?? "";
  const head = `  ${received}(message: ${sent}): ${received} {`;
  const signature = head.length <= 100
    ? [head]
    : [`  ${received}(`, `    message: ${sent},`, `  ): ${received} {`];
  return [...signature, ...call, `${last} as ${received};`, "  },"];
}

import type { MethodKind, MethodSchema } from "../schema/mod.ts";
import { genericType, nameType, printDoc, printProperty } from "./layout.ts";
import {
  type Project,
  type ProjectService,
  requestInit,
  requestType,
  responseInit,
  responseType,
} from "./project.ts";

/** The types in `gen/runtime/rpc.ts` of handlers and of a client's methods. */
const HANDLER_TYPES = {
  unary: "rpc.UnaryHandler",
  server_streaming: "rpc.ServerStreamingHandler",
  client_streaming: "rpc.ClientStreamingHandler",
  bidirectional: "rpc.BidirectionalHandler",
} as const satisfies Record<MethodKind, string>;

const CLIENT_TYPES = {
  unary: "rpc.UnaryMethod",
  server_streaming: "rpc.ServerStreamingMethod",
  client_streaming: "rpc.ClientStreamingMethod",
  bidirectional: "rpc.BidirectionalMethod",
} as const satisfies Record<MethodKind, string>;

/** Writes the interfaces of a service's handlers and client. */
export function writeService(project: Project, service: ProjectService): string[] {
  const { fullName, methods } = service.schema;
  const { comments } = project.sources.notes;
  const comment = comments.get(fullName) ?? "";
  const docsOf = (method: MethodSchema) => [
    comments.get(`${fullName}.${method.name}`) ?? "",
    `\`${describeMethod(method)}\``,
  ];
  const handlers = methods.flatMap((method) => {
    const request = nameType(requestType(project, method));
    const type = genericType(
      HANDLER_TYPES[method.kind],
      request,
      nameType(responseInit(project, method)),
    );
    return [...printDoc("  ", docsOf(method)), ...printProperty("  ", method.name, type)];
  });
  const client = methods.flatMap((method) => {
    const request = nameType(requestInit(project, method));
    const type = genericType(
      CLIENT_TYPES[method.kind],
      request,
      nameType(responseType(project, method)),
    );
    return [...printDoc("  ", docsOf(method)), ...printProperty("  ", method.name, type)];
  });
  return [
    ...printDoc("", [comment, `The handlers of \`service ${fullName}\`.`]),
    `export interface ${service.handlers} {`,
    ...handlers,
    "}",
    "",
    ...printDoc("", [comment, `A client of \`service ${fullName}\`.`]),
    `export interface ${service.client} {`,
    ...client,
    "}",
    "",
  ];
}

/** Writes the lists of all services, by the constants that `server.ts` exports. */
export function writeServiceLists({ services }: Project): string[] {
  const list = (type: "handlers" | "client") =>
    services.flatMap((service) => printProperty("  ", service.constant, nameType(service[type])));
  return [
    "/** What `server.ts` exports. */",
    "export interface Services {",
    ...list("handlers"),
    "}",
    "",
    "/** A client for each service. */",
    "export interface Clients {",
    ...list("client"),
    "}",
  ];
}

/** `rpc Get(A) returns (stream B)`, with full names. */
export function describeMethod({ name, kind, request, response }: MethodSchema): string {
  const takesStream = kind === "client_streaming" || kind === "bidirectional";
  const givesStream = kind === "server_streaming" || kind === "bidirectional";
  return `rpc ${name}(${takesStream ? "stream " : ""}${request.fullName}) ` +
    `returns (${givesStream ? "stream " : ""}${response.fullName})`;
}

import { type CallMethod, TypeBook } from "../calling/mod.ts";
import type { MethodSchema, Schema } from "../schema/mod.ts";
import { listDescriptors } from "./describe_server.ts";

/** The types by which messages of a schema become JSON, and back. */
export function createBook(schema: Schema): TypeBook {
  const services = schema.services.map(({ fullName }) => fullName);
  const { source } = schema;
  return new TypeBook({ source, services, files: listDescriptors(schema), comments: new Map() });
}

/** A method of a schema as `calling/` takes it. */
export function toCallMethod(method: MethodSchema): CallMethod {
  const { service, name, path, definition, request, response } = method;
  const { requestStream, responseStream } = definition;
  return {
    service,
    name,
    path,
    requestStream,
    responseStream,
    requestType: request.fullName,
    responseType: response.fullName,
  };
}

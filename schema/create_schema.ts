import type { AnyDefinition, PackageDefinition, ServiceDefinition } from "@grpc/proto-loader";
import { createShapes } from "./create_shapes.ts";
import {
  decodeFileDescriptor,
  type FileDescriptor,
  type MethodDescriptor,
} from "./file_descriptor.ts";
import type { MessageShape } from "./message_shape.ts";
import type { MethodKind, MethodSchema, Schema, ServiceSchema } from "./schema.ts";
import { SchemaError } from "./schema_error.ts";

type LoadedMethod = ServiceDefinition[string];

/**
 * Builds a schema from what `@grpc/proto-loader` loaded: `.proto` files, or the descriptors of a server
 * that answers reflection.
 *
 * @throws {SchemaError} if a type of a method is not among the descriptors
 */
export function createSchema(definitions: PackageDefinition, source: string): Schema {
  const services = Object.entries(definitions).filter(isService);
  const files = new Map<Uint8Array, FileDescriptor>();
  for (const [, service] of services) {
    for (const method of Object.values(service)) {
      // The loader repeats the octets of all files, the same objects, at every type.
      for (const octets of method.requestType.fileDescriptorProtos) {
        if (!files.has(octets)) files.set(octets, decodeFileDescriptor(octets));
      }
    }
  }
  const shapes = createShapes(files.values());
  const find = (typeName = "") => shapes.get(typeName.replace(/^\./, ""));
  const types = listMethodTypes(files.values());
  return {
    source,
    services: services.map(([fullName, definition]): ServiceSchema => ({
      fullName,
      methods: Object.entries(definition).map(([name, method]) =>
        createMethod(fullName, name, method, find, types.get(method.path))
      ),
      definition,
    })),
  };
}

function isService(entry: [string, AnyDefinition]): entry is [string, ServiceDefinition] {
  // Message and enum types carry their format as a string; a method named "format" would be an object.
  const [, definition] = entry;
  return !("format" in definition) || typeof definition.format !== "string";
}

/** The full names of the message types of each method, by `/pkg.Service/Method`. */
function listMethodTypes(files: Iterable<FileDescriptor>): Map<string, MethodDescriptor> {
  const types = new Map<string, MethodDescriptor>();
  for (const file of files) {
    for (const service of file.service ?? []) {
      const scope = file.package === undefined ? service.name : `${file.package}.${service.name}`;
      for (const method of service.method ?? []) types.set(`/${scope}/${method.name}`, method);
    }
  }
  return types;
}

function createMethod(
  service: string,
  name: string,
  definition: LoadedMethod,
  find: (typeName: string | undefined) => MessageShape | undefined,
  types: MethodDescriptor | undefined,
): MethodSchema {
  const request = find(types?.inputType);
  const response = find(types?.outputType);
  if (request === undefined || response === undefined) {
    throw new SchemaError(
      `Cannot describe "${definition.path}": its message types are not defined`,
    );
  }
  return {
    service,
    name,
    path: definition.path,
    kind: kindOf(definition),
    request,
    response,
    definition,
  };
}

function kindOf(method: LoadedMethod): MethodKind {
  if (method.requestStream) return method.responseStream ? "bidirectional" : "client_streaming";
  return method.responseStream ? "server_streaming" : "unary";
}

import type { AnyDefinition, PackageDefinition, ServiceDefinition } from "@grpc/proto-loader";
import type { Buffer } from "node:buffer";
import { createShapes, type CreateShapesOptions } from "./create_shapes.ts";
import { describeLongKeys } from "./describe_long_keys.ts";
import {
  decodeFileDescriptor,
  type FileDescriptor,
  type MethodDescriptor,
} from "./file_descriptor.ts";
import { setInPlaceDecoder, setInPlaceEncoder } from "../rpc/in_place_codec.ts";
import type { MethodDefinition } from "../rpc/mod.ts";
import { createFlatCodec, isFlat, isReadInPlace } from "./flat_codec.ts";
import { fixLongKeys } from "./long_keys.ts";
import type { MessageShape } from "./message_shape.ts";
import type { MethodKind, MethodSchema, Schema, ServiceSchema } from "./schema.ts";
import { SchemaError } from "./schema_error.ts";

type LoadedMethod = ServiceDefinition[string];

/**
 * Builds a schema from what `@grpc/proto-loader` loaded: `.proto` files, or the descriptors of a server
 * that answers reflection.
 *
 * @param options how the shapes of messages are made
 * @throws {SchemaError} if a type of a method is not among the descriptors
 */
export function createSchema(
  definitions: PackageDefinition,
  source: string,
  options: CreateShapesOptions = {},
): Schema {
  const services = Object.entries(definitions).filter(isService);
  const files = readDescriptors(definitions);
  const shapes = createShapes(files, options);
  const find = (typeName = "") => shapes.get(typeName.replace(/^\./, ""));
  const types = listMethodTypes(files);
  return {
    source,
    services: services.map(([fullName, loaded]): ServiceSchema => {
      const methods = Object.entries(loaded).map(([name, method]) =>
        createMethod(fullName, name, method, find, types.get(method.path))
      );
      const definition = methods.map((method) => [method.name, method.definition]);
      return { fullName, methods, definition: Object.fromEntries(definition) };
    }),
  };
}

/** The descriptors of all files that the services of `definitions` come from, the bundled ones among them. */
export function readDescriptors(definitions: PackageDefinition): FileDescriptor[] {
  const files = new Map<Uint8Array, FileDescriptor>();
  for (const [, service] of Object.entries(definitions).filter(isService)) {
    for (const method of Object.values(service)) {
      // The loader repeats the octets of all files, the same objects, at every type.
      for (const octets of method.requestType.fileDescriptorProtos) {
        if (!files.has(octets)) files.set(octets, decodeFileDescriptor(octets));
      }
    }
  }
  return [...files.values()];
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
    definition: withFlatCodecs(withLongKeys(definition, request, response), request, response),
  };
}

/** Adds our own fast forms of the codecs, for messages that are simple enough. */
function withFlatCodecs(
  definition: MethodDefinition,
  request: MessageShape,
  response: MessageShape,
): MethodDefinition {
  addFlatCodec(request, definition.requestSerialize, definition.requestDeserialize);
  addFlatCodec(response, definition.responseSerialize, definition.responseDeserialize);
  return definition;
}

function addFlatCodec(
  shape: MessageShape,
  encode: MethodDefinition["requestSerialize"],
  decode: MethodDefinition["requestDeserialize"],
): void {
  if (!isFlat(shape)) return;
  let built: ReturnType<typeof createFlatCodec> | undefined;
  // With the first message: it costs as much as a hundred of them, and most methods of a server are not called.
  const codec = () => built ??= createFlatCodec(shape, { encode, decode });
  if (isReadInPlace(shape)) {
    setInPlaceDecoder(decode, (bytes, start, end) => codec().decode(bytes, start, end));
  }
  setInPlaceEncoder(
    encode,
    (message, out, prefixOctets) => codec().encode(message, out, prefixOctets),
  );
}

/** The loader's codecs, with the one thing mended that they get wrong. */
function withLongKeys(
  definition: LoadedMethod,
  request: MessageShape,
  response: MessageShape,
): LoadedMethod {
  const plans = describeLongKeys([request, response]);
  if (Object.keys(plans).length === 0) return definition;
  const fix = (decode: LoadedMethod["requestDeserialize"], { fullName }: MessageShape) => {
    return (octets: Buffer): object => {
      const message = decode(octets);
      fixLongKeys(message, fullName, plans);
      return message;
    };
  };
  return {
    ...definition,
    requestDeserialize: fix(definition.requestDeserialize, request),
    responseDeserialize: fix(definition.responseDeserialize, response),
  };
}

function kindOf(method: LoadedMethod): MethodKind {
  if (method.requestStream) return method.responseStream ? "bidirectional" : "client_streaming";
  return method.responseStream ? "server_streaming" : "unary";
}

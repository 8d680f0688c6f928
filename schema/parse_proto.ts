import protobuf from "protobufjs";
import { readSyntax, type Syntax, toKnownEdition } from "./edition_text.ts";
import { findImports, type ProtoImport } from "./read_imports.ts";
import type { ProtoText } from "./schema.ts";

/** A file as JSON of protobufjs, for what a program carries along. */
export interface ProtoJson {
  readonly name: string;
  readonly package: string;
  readonly json: protobuf.INamespace;
}

/** Options by their names in the `.proto`. */
export type Options = Readonly<Record<string, unknown>>;

/** One file, by itself: what its types mean is not looked up yet. */
export interface ParsedProto extends Syntax {
  readonly name: string;
  /** Under what other names files import it. */
  readonly aliases: readonly string[];
  /** Empty for none. */
  readonly package: string;
  /** What holds the definitions: the package, or the root where there is none. */
  readonly namespace: protobuf.NamespaceBase;
  readonly options: Options;
  readonly imports: readonly ProtoImport[];
}

/** Each file gets a root of its own, so that all that is in there is of this file: the loader throws them together. */
export function parseProto({ names, text }: ProtoText): ParsedProto {
  const root = new protobuf.Root();
  const { package: scope = "" } = protobuf.parse(toKnownEdition(text), root, { keepCase: true });
  const [name, ...aliases] = names;
  const namespace = findNamespace(root, scope);
  const features = readFeatures(text);
  for (const object of namespace.nestedArray) removeFeatures(object, features);
  // Those before the package statement are the root's.
  const options = {
    ...root.options,
    ...namespace.options,
    ...(Object.keys(features).length > 0 ? { features } : {}),
  };
  return {
    name,
    aliases,
    package: scope,
    ...readSyntax(text),
    namespace,
    options,
    imports: findImports(text),
  };
}

/** Of JSON there is proto3 only, but for descriptor.proto. */
export function parseJson({ name, package: scope, json }: ProtoJson): ParsedProto {
  // Not by fromJSON(): it looks for all types at once, and those of other files are not there.
  const namespace = findNamespace(new protobuf.Root().addJSON(json.nested ?? {}), scope);
  return {
    name,
    aliases: [],
    package: scope,
    syntax: name === "google/protobuf/descriptor.proto" ? "proto2" : "proto3",
    edition: undefined,
    namespace,
    options: { ...namespace.options },
    imports: [],
  };
}

/** A `google/protobuf/` file that @grpc/proto-loader carries along; undefined for another name. */
export function parseBundled(name: string): ParsedProto | undefined {
  const json = protobuf.common.get(name);
  if (json === null) return undefined;
  return parseJson({ name, package: "google.protobuf", json: toSnakeCase(json) });
}

/** protobufjs has the fields of its files in camelCase. */
function toSnakeCase(json: protobuf.INamespace): protobuf.INamespace {
  const rename = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const renameKeys = <Value>(record: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [rename(name), value]));
  return JSON.parse(JSON.stringify(json), (key, value) => {
    if (key === "fields" && isRecordOfFields(value)) return renameKeys(value);
    return key === "oneof" && Array.isArray(value) ? value.map(rename) : value;
  });
}

/** A message may have a field that is called "fields", too. */
function isRecordOfFields(value: unknown): value is Record<string, object> {
  return typeof value === "object" && value !== null && !("id" in value && "type" in value &&
    typeof value.type === "string");
}

function findNamespace(root: protobuf.NamespaceBase, scope: string): protobuf.NamespaceBase {
  const found = scope === "" ? root : root.lookup(scope);
  if (found instanceof protobuf.Namespace) return found;
  throw new TypeError(`Cannot find the package "${scope}"`);
}

/** The features of an edition that are set for the whole file: protobufjs copies them to all that is in it. */
function readFeatures(text: string): Options {
  const features: Record<string, unknown> = {};
  // Comments and strings in front, so that what they hold is not taken for anything else.
  const scanner =
    /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|\boption\s+features\.(\w+)\s*=\s*(\w+)|\boption\s+features\s*=\s*\{([^{}]*)\}|[{}]/g;
  let depth = 0;
  for (const [token, name, value, list = ""] of text.matchAll(scanner)) {
    if (token === "{") depth++;
    else if (token === "}") depth--;
    if (depth > 0) continue;
    if (name !== undefined) features[name] = value;
    for (const [, name, value] of list.matchAll(/(\w+)\s*:\s*(\w+)/g)) features[name] = value;
  }
  return features;
}

function removeFeatures({ options }: protobuf.ReflectionObject, features: Options): void {
  const own: unknown = options?.features;
  if (options === undefined || typeof own !== "object" || own === null) return;
  const left = Object.entries(own).filter(([name, value]) => features[name] !== value);
  if (left.length > 0) options.features = Object.fromEntries(left);
  else delete options.features;
}

import protobuf from "protobufjs";
import {
  describeNested,
  type Encodable,
  joinNames,
  type ResolvedType,
  type ResolveType,
} from "./describe_message.ts";
import { describeOptions } from "./descriptor_options.ts";
import { encodeFileDescriptor } from "./file_descriptor.ts";
import {
  parseBundled,
  type ParsedProto,
  parseJson,
  parseProto,
  type ProtoJson,
} from "./parse_proto.ts";
import { BUNDLED_FILES } from "./read_imports.ts";
import type { ProtoText } from "./schema.ts";
import { resolveType } from "./type_references.ts";

/** A file as other programs know it. */
export interface DescribedProto {
  readonly name: string;
  /** An encoded `google.protobuf.FileDescriptorProto`. */
  readonly octets: Uint8Array;
  /** Names of the files that it needs, all of which are described as well. */
  readonly dependencies: readonly string[];
}

/** A type, and the file that defines it. */
interface Owned extends ResolvedType {
  readonly file: string;
}

/**
 * Describes `.proto` files as protoc does: one descriptor for each file, under the name that it is imported by, with its
 * imports. The bundled `google/protobuf/` files are described as well. Comments, and options that a `.proto` defines
 * itself, are left out.
 *
 * What @grpc/proto-loader 0.8.1 has beside its definitions cannot be used: it makes a file of each package, without its
 * imports.
 *
 * @param protos files that @grpc/proto-loader has read before, so that they are without errors; of two with one name,
 * the first counts
 */
export function describeProtos(protos: Iterable<ProtoText | ProtoJson>): DescribedProto[] {
  const files = new Map<string, ParsedProto>();
  for (const proto of protos) {
    const file = "json" in proto ? parseJson(proto) : parseProto(proto);
    if (!files.has(file.name)) files.set(file.name, file);
  }
  for (const name of BUNDLED_FILES) {
    const file = parseBundled(name);
    if (file !== undefined && !files.has(name)) files.set(name, file);
  }
  const types = listTypes(files.values());
  for (const name of BUNDLED_FILES) removeCopies(files.get(name), types);
  const targets = new Map<string, ParsedProto>();
  for (const file of files.values()) {
    for (const name of [file.name, ...file.aliases]) targets.set(name, file);
  }
  return [...files.values()].map((file) => describeFile(file, types, targets));
}

/** All messages and enums, by full name. */
function listTypes(files: Iterable<ParsedProto>): Map<string, Owned> {
  const types = new Map<string, Owned>();
  const visit = (namespace: protobuf.NamespaceBase, scope: string, file: string): void => {
    for (const object of namespace.nestedArray) {
      const fullName = joinNames(scope, object.name);
      if (object instanceof protobuf.Enum) {
        if (!types.has(fullName)) types.set(fullName, { fullName, kind: "enum", file });
      } else if (object instanceof protobuf.Type) {
        const kind = Reflect.get(object, "group") === true ? "group" : "message";
        if (!types.has(fullName)) types.set(fullName, { fullName, kind, file });
        visit(object, fullName, file);
      }
    }
  };
  for (const file of files) visit(file.namespace, file.package, file.name);
  return types;
}

/** Some bundled files hold what they import. */
function removeCopies(file: ParsedProto | undefined, types: ReadonlyMap<string, Owned>): void {
  for (const object of file?.namespace.nestedArray ?? []) {
    const owner = types.get(joinNames(file?.package ?? "", object.name));
    if (owner !== undefined && owner.file !== file?.name) file?.namespace.remove(object);
  }
}

function describeFile(
  file: ParsedProto,
  types: ReadonlyMap<string, Owned>,
  targets: ReadonlyMap<string, ParsedProto>,
): DescribedProto {
  const used = new Set<string>();
  const resolve: ResolveType = (typeName, scope) => {
    const found = resolveType({ typeName, scope }, types) ?? findLoosely(typeName, types);
    if (found === undefined) throw new TypeError(`Cannot find "${typeName}" of "${file.name}"`);
    used.add(found.file);
    return found;
  };
  const { nestedType: messageType, ...definitions } = describeNested(
    file.namespace,
    file.package,
    resolve,
  );
  const service = file.namespace.nestedArray.filter((object) => object instanceof protobuf.Service)
    .map((object) => describeService(object, file.package, resolve));
  const dependency = listDependencies(file, used, targets);
  const isTarget = (wanted: (target: ParsedProto["imports"][number]) => boolean) =>
    file.imports.filter(wanted)
      .map(({ target }) => dependency.indexOf(targets.get(target)?.name ?? ""))
      .filter((index) => index >= 0);
  const octets = encodeFileDescriptor({
    name: file.name,
    ...(file.package === "" ? {} : { package: file.package }),
    dependency,
    publicDependency: isTarget(({ isPublic }) => isPublic),
    weakDependency: isTarget(({ weak }) => weak),
    messageType,
    ...definitions,
    service,
    ...describeOptions("file", file.options),
    // As protoc does, which leaves out what is the default.
    ...(file.syntax === "proto2" ? {} : { syntax: file.syntax }),
    ...(file.edition === undefined ? {} : { edition: `EDITION_${file.edition}` }),
  });
  return { name: file.name, octets, dependencies: dependency };
}

/** The loader also takes names that protoc refuses: it looks into every package for `Timestamp`. */
function findLoosely(typeName: string, types: ReadonlyMap<string, Owned>): Owned | undefined {
  return types.values().find(({ fullName }) => fullName.endsWith(`.${typeName}`));
}

/** What a file imports, and what it uses without an import: the loader is content if any file imports it. */
function listDependencies(
  file: ParsedProto,
  used: ReadonlySet<string>,
  targets: ReadonlyMap<string, ParsedProto>,
): string[] {
  const imported = new Set<string>();
  const visible = new Set([file.name]);
  const seePublic = (other: ParsedProto): void => {
    if (visible.has(other.name)) return;
    visible.add(other.name);
    for (const { target, isPublic } of other.imports) {
      const next = targets.get(target);
      if (isPublic && next !== undefined) seePublic(next);
    }
  };
  for (const { target, isOption } of file.imports) {
    const other = targets.get(target);
    // A weak import may be missing; that of options is for values that are left out.
    if (other === undefined || isOption) continue;
    imported.add(other.name);
    seePublic(other);
  }
  return [...imported, ...[...used].filter((name) => !visible.has(name))];
}

/** `google.protobuf.ServiceDescriptorProto`. */
function describeService(
  { name, methodsArray, options }: protobuf.Service,
  scope: string,
  resolve: ResolveType,
): Encodable {
  const inside = joinNames(scope, name);
  return {
    name,
    method: methodsArray.map((method) => ({
      name: method.name,
      inputType: `.${resolve(method.requestType, inside).fullName}`,
      outputType: `.${resolve(method.responseType, inside).fullName}`,
      ...(method.requestStream === true ? { clientStreaming: true } : {}),
      ...(method.responseStream === true ? { serverStreaming: true } : {}),
      ...describeOptions("method", method.options),
    })),
    ...describeOptions("service", options),
  };
}

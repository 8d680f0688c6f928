import { create } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/**
 * Makes one file of several that import each other in a ring, as the packages of a grpc-js server may: it makes a file
 * of each package. Packages become messages around their types, which gives these the same full names; services stay in
 * files of their own.
 *
 * @throws Error if the files are not of one syntax, as what their fields mean depends on it
 */
export function mergeFiles(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const [{ syntax, edition } = create(FileDescriptorProtoSchema)] = files;
  const odd = files.find((file) => file.syntax !== syntax || file.edition !== edition);
  if (odd !== undefined) {
    throw new Error(`"${odd.name}" and what it imports import each other, in unlike syntaxes`);
  }
  const names = new Set(files.map(({ name }) => name));
  const outside = files.flatMap(({ dependency }) => dependency).filter((name) => !names.has(name));
  const dependency = [...new Set(outside)];
  const name = `${files[0]?.name}.merged`;
  const merged = create(FileDescriptorProtoSchema, { name, syntax, edition, dependency });
  for (const file of files) {
    const around = findNamespace(merged, file.package);
    const types = "nestedType" in around ? around.nestedType : around.messageType;
    types.push(...file.messageType);
    around.enumType.push(...file.enumType);
    around.extension.push(...file.extension);
    file.messageType = [];
    file.enumType = [];
    file.extension = [];
    file.dependency = [merged.name, ...dependency];
  }
  return [merged, ...files];
}

/** The message that stands for a package; made if it is not there. */
function findNamespace(
  file: FileDescriptorProto,
  scope: string,
): FileDescriptorProto | DescriptorProto {
  let around: FileDescriptorProto | DescriptorProto = file;
  for (const name of scope.split(".").filter((part) => part !== "")) {
    const types: DescriptorProto[] = "nestedType" in around
      ? around.nestedType
      : around.messageType;
    let found = types.find((message) => message.name === name);
    if (found === undefined) types.push(found = create(DescriptorProtoSchema, { name }));
    around = found;
  }
  return around;
}

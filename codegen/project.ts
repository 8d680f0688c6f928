import {
  type MethodSchema,
  readEditionJson,
  type ServiceSchema,
  type Sources,
} from "../schema/mod.ts";
import { allocateNames, type Names } from "./names.ts";
import { listUsedTypes, type UsedTypes } from "./used_types.ts";

/** A service that has methods. */
export interface ProjectService {
  readonly schema: ServiceSchema;
  /** The constant in `server.ts`. */
  readonly constant: string;
  readonly handlers: string;
  readonly client: string;
}

/** What the files of a scaffold are written from. */
export interface Project {
  /** The base name of the `.proto`, without its ending. */
  readonly name: string;
  /** The main file's name in the folder: `databroker.proto`. */
  readonly protoFile: string;
  readonly sources: Sources;
  readonly used: UsedTypes;
  readonly names: Names;
  readonly services: readonly ProjectService[];
  /** What the stock loader is to take in place of the files; undefined if none of them is of an edition. */
  readonly editionJson: object | undefined;
}

/** Prepares what was read for writing. */
export function createProject(sources: Sources): Project {
  const [{ name: protoFile }] = sources.files;
  const used = listUsedTypes(sources);
  const names = allocateNames(sources, used);
  const services = sources.schema.services.filter(({ methods }) => methods.length > 0);
  return {
    name: protoFile.replace(/\.proto$/, ""),
    protoFile,
    sources,
    used,
    names,
    editionJson: readEditionJson([...sources.files].reverse()),
    services: services.map((schema): ProjectService => ({
      schema,
      constant: lookUp(names.services, schema.fullName),
      handlers: lookUp(names.handlers, schema.fullName),
      client: lookUp(names.clients, schema.fullName),
    })),
  };
}

/** The module with the types, from the root of the folder. A proto may be called as another file of `gen/`. */
export function typesModule({ name }: Project): string {
  const isTaken = name === "standalone" || name === "testing";
  return `gen/${isTaken ? `${name}_types` : name}.ts`;
}

/** The type of a method's request as it arrives. */
export function requestType({ names }: Project, method: MethodSchema): string {
  return lookUp(names.received, method.request.fullName);
}

/** The type of what may be sent as a method's request. */
export function requestInit({ names }: Project, method: MethodSchema): string {
  return lookUp(names.sent, method.request.fullName);
}

export function responseType({ names }: Project, method: MethodSchema): string {
  return lookUp(names.received, method.response.fullName);
}

export function responseInit({ names }: Project, method: MethodSchema): string {
  return lookUp(names.sent, method.response.fullName);
}

/** The last part of a full name. */
export function shortName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf(".") + 1);
}

/** A name that was allocated. */
export function lookUp(names: ReadonlyMap<string, string>, fullName: string): string {
  const name = names.get(fullName);
  if (name === undefined) throw new TypeError(`Cannot name "${fullName}": it was not read`);
  return name;
}

import {
  type Connection,
  hasSchemaFiles,
  readProtosets,
  type SchemaFlags,
} from "../connecting/mod.ts";
import {
  decodeFileDescriptor,
  loadDescriptors,
  type LoadedDescriptors,
  type ReflectionSession,
} from "../schema/mod.ts";
import { askServer } from "./ask_server.ts";
import type { Contract } from "./contract.ts";
import { readSourceComments } from "./read_source_comments.ts";

/** Where to read from. */
export interface ContractFlags extends SchemaFlags {
  /** Time for all answers of the server, in ms; default 10,000. */
  readonly reflectionTimeoutMs?: number | undefined;
}

/** How to come to a server; not called where files say all. */
export type Connect = () => Promise<Connection>;

/**
 * Reads the names of the services of a server, or of `--proto` or `--protoset`.
 *
 * @throws as `readContract()`
 */
export async function readServices(flags: ContractFlags, connect: Connect): Promise<Contract> {
  return await readFiles(flags) ??
    await readServer(
      await connect(),
      async (session) => await session.listServices(),
      flags.reflectionTimeoutMs,
    );
}

/**
 * Reads the files that define `symbol` and all that they need: a service, a message or an enum, or what is in one. What
 * no server finds under that name may be the end of a longer one, so all services are read then, as they are without a
 * symbol.
 *
 * @throws CommandError if the server cannot be reached, has no reflection, or refuses
 * @throws SchemaError for a schema that cannot be used
 */
export async function readContract(
  flags: ContractFlags,
  connect: Connect,
  symbol?: string,
): Promise<Contract> {
  return await readFiles(flags) ?? await readServer(await connect(), async (session) => {
    const services = await session.listServices();
    const isFound = symbol !== undefined && await findOwner(session, services, dotted(symbol));
    if (!isFound) {
      for (const name of withoutReflection(services)) await session.readSymbol(name);
    }
    await session.readRest();
    return services;
  }, flags.reflectionTimeoutMs);
}

/** `/pkg.Service/Method` or `.pkg.Message` as reflection names it. */
export function dotted(symbol: string): string {
  return symbol.replace(/^[./]/, "").replaceAll("/", ".");
}

/** Reads the file with a symbol, or with what the symbol is in. Some servers know types alone, not what is in them. */
async function findOwner(
  session: ReflectionSession,
  services: readonly string[],
  symbol: string,
): Promise<boolean> {
  const outer = symbol.slice(0, Math.max(0, symbol.lastIndexOf(".")));
  const fits = (name: string) => [symbol, outer].some((part) => endsWithName(name, part));
  const owners = services.filter(fits);
  for (const name of owners) await session.readSymbol(name);
  if (owners.length > 0) return true;
  for (const name of [symbol, outer]) {
    if (name.includes(".") && await session.findSymbol(name)) return true;
  }
  return false;
}

/** Whether a name is `end`, or ends with it behind a dot. */
export function endsWithName(name: string, end: string): boolean {
  return end !== "" && (name === end || name.endsWith(`.${end}`));
}

/** The services of a server but for reflection itself, unless it has no other. */
function withoutReflection(services: readonly string[]): readonly string[] {
  const others = services.filter((name) => !name.startsWith("grpc.reflection."));
  return others.length > 0 ? others : services;
}

async function readFiles(flags: SchemaFlags): Promise<Contract | undefined> {
  if (!hasSchemaFiles(flags)) return undefined;
  const { protoPaths = [], protosetPaths = [], importPaths = [] } = flags;
  if (protoPaths.length > 0) return fromFiles(await loadDescriptors(protoPaths, { importPaths }));
  const { source, services, files } = await readProtosets(protosetPaths);
  return { source: `"${source}"`, services, files, comments: readComments(files) };
}

function fromFiles({ files, comments, source }: LoadedDescriptors): Contract {
  const services = [...files.values()].map(decodeFileDescriptor).flatMap((file) =>
    (file.service ?? []).map(({ name }) => file.package ? `${file.package}.${name}` : name)
  );
  return { source: `"${source}"`, services: services.sort(), files, comments };
}

async function readServer(
  connection: Connection,
  read: (session: ReflectionSession) => Promise<readonly string[]>,
  timeoutMs: number | undefined,
): Promise<Contract> {
  const { services, files } = await askServer(connection, async (session) => {
    const services = await read(session);
    return { services, files: session.ordered() };
  }, timeoutMs);
  const source = `the reflection of ${connection.target.text}`;
  return { source, services: [...new Set(services)].sort(), files, comments: readComments(files) };
}

function readComments(files: ReadonlyMap<string, Uint8Array>): Map<string, string> {
  const all = [...files.values()].map(decodeFileDescriptor).map(readSourceComments);
  return new Map(all.flatMap((comments) => [...comments]));
}

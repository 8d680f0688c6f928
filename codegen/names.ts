import type { Sources } from "../schema/mod.ts";
import type { UsedTypes } from "./used_types.ts";

/** The names in TypeScript of all that a schema defines. */
export interface Names {
  /** A message as it arrives, by full name. */
  readonly received: ReadonlyMap<string, string>;
  /** A message as it may be sent, by full name. */
  readonly sent: ReadonlyMap<string, string>;
  readonly enums: ReadonlyMap<string, string>;
  /** The constant that holds a service's handlers, by the service's full name. */
  readonly services: ReadonlyMap<string, string>;
  /** The interfaces of a service's handlers and client, by its full name. */
  readonly handlers: ReadonlyMap<string, string>;
  readonly clients: ReadonlyMap<string, string>;
  /** A further name that begins with `name`; each call takes one. */
  derive(name: string): string;
}

/** What the generated files use themselves, and what TypeScript, `deno lint` or a reader would misunderstand. */
const RESERVED_TYPES = [
  ...["any", "bigint", "boolean", "never", "null", "number", "object", "string", "symbol"],
  ...["undefined", "unknown", "void", "rpc", "Services", "Clients", "Record", "Readonly"],
  ...["Uint8Array", "Array", "Object", "String", "Number", "Boolean", "Symbol", "Function"],
  ...["BigInt", "globalThis", "Promise", "AsyncIterable", "PROTO", "asReceived", "received"],
];

/** What `server.ts`, `client.ts` and `server_test.ts` use themselves. */
const RESERVED_VALUES = [
  ...[
    "RpcError",
    "Status",
    "handlers",
    "interceptors",
    "validate",
    "services",
    "client",
    "connect",
    "process",
    "assert",
    "test",
  ],
  ...["collect", "listOf", "received", "startServer", "streamOf", "testCall", "undefined"],
  ...[
    "Deno",
    "globalThis",
    "Array",
    "Object",
    "Promise",
    "Uint8Array",
    "show",
    "arguments",
    "eval",
  ],
];

/** Words that cannot be the name of a type or a constant in a module (ECMA-262, and those of TypeScript). */
const KEYWORDS = [
  ...["await", "break", "case", "catch", "class", "const", "continue", "debugger", "default"],
  ...["delete", "do", "else", "enum", "export", "extends", "false", "finally", "for", "function"],
  ...["if", "implements", "import", "in", "instanceof", "interface", "let", "new", "null"],
  ...["package", "private", "protected", "public", "return", "static", "super", "switch", "this"],
  ...["throw", "true", "try", "type", "typeof", "var", "void", "while", "with", "yield"],
];

/**
 * Gives every message, enum and service a name in TypeScript.
 *
 * A type is called by its path below its package, `Outer_Inner`; what would be called the same has its package before
 * it, and what is a keyword or used otherwise has a `_` behind it. The package of the main file goes first.
 */
export function allocateNames(sources: Sources, used: UsedTypes): Names {
  const taken = new Set([...RESERVED_TYPES, ...KEYWORDS]);
  const messages = used.messages.map(({ fullName }) => fullName);
  const enums = used.enums.map(({ fullName }) => fullName);
  const types = [...messages, ...enums];
  const isOwn = (fullName: string) => packageOf(sources, fullName) === sources.package;
  const ordered = [...types.filter(isOwn), ...types.filter((name) => !isOwn(name))];
  const plain = new Map<string, string>();
  for (const fullName of ordered) plain.set(fullName, take(taken, candidatesOf(sources, fullName)));
  const pick = (names: Iterable<string>, suffix: string) => {
    const picked = new Map<string, string>();
    for (const fullName of names) {
      const name = plain.get(fullName) ?? fullName;
      picked.set(fullName, suffix === "" ? name : take(taken, [name + suffix]));
    }
    return picked;
  };
  const received = pick(messages, "");
  const sent = pick(messages, "Init");
  const services = nameServices(sources);
  const ofServices = (suffix: string) =>
    new Map(
      [...services].map(([fullName, name]) => [fullName, take(taken, [name + suffix])]),
    );
  return {
    received,
    sent,
    enums: pick(enums, ""),
    services,
    handlers: ofServices("Handlers"),
    clients: ofServices("Client"),
    derive: (name) => take(taken, [name]),
  };
}

function nameServices(sources: Sources): Map<string, string> {
  const taken = new Set([...RESERVED_VALUES, ...KEYWORDS]);
  return new Map(
    sources.schema.services.map((
      { fullName },
    ) => [fullName, take(taken, candidatesOf(sources, fullName))]),
  );
}

/** The path below the package, then the full name. */
function candidatesOf(sources: Sources, fullName: string): string[] {
  const owner = packageOf(sources, fullName);
  const path = owner === "" ? fullName : fullName.slice(owner.length + 1);
  return [path, fullName].map((name) => name.replaceAll(".", "_"));
}

/** The package that a definition is in: the longest that its name begins with. */
function packageOf({ packages }: Sources, fullName: string): string {
  return packages.filter((name) => name !== "" && fullName.startsWith(`${name}.`))
    .reduce((longest, name) => name.length > longest.length ? name : longest, "");
}

/** Takes the first name that is free, or else the last with as many `_` behind it as are needed. */
function take(taken: Set<string>, candidates: readonly string[]): string {
  let name = candidates.find((candidate) => !taken.has(candidate)) ?? candidates.at(0) ?? "_";
  if (taken.has(name)) name = candidates.at(-1) ?? name;
  while (taken.has(name)) name += "_";
  taken.add(name);
  return name;
}

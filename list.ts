import { listSpec } from "./cli/commands/list_spec.ts";
import { TARGET } from "./cli/commands/connection_flags.ts";
import {
  createCommand,
  escapeControls,
  ExitCode,
  exitCodeOfStatus,
  knownError,
} from "./cli/mod.ts";
import { type Connection, openConnection } from "./connecting/mod.ts";
import {
  type Contract,
  endsWithName,
  listDefinitions,
  readContract,
  readServices,
  splitArguments,
  suggestName,
} from "./inspecting/mod.ts";
// Not json/mod.ts: that loads the library of messages.
import { stringifyJson } from "./json/json_value.ts";
import { RpcError } from "./rpc/mod.ts";
import { SchemaError } from "./schema/mod.ts";

/** `broker list`: the services of a server, or the methods of one. */
export const listCommand = createCommand(listSpec, async (context) => {
  const { flags, positionals, io } = context;
  const from = { ...flags, reflectionTimeoutMs: flags.maxTimeMs };
  const { target, name } = splitArguments(positionals.target, positionals.service);
  let connection: Connection | undefined;
  const connect = async () =>
    connection ??= await openConnection(flags, target ?? TARGET.default, context);
  try {
    const { services, source } = await readServices(from, connect);
    const names = name === undefined
      ? services
      : await listMethods(findService(services, name, source), (service) =>
        readContract(from, connect, service));
    if (flags.format === "json") io.stdout.write(`${stringifyJson(names)}\n`);
    else io.stdout.write(names.map((line) => `${escapeControls(line)}\n`).join(""));
    return ExitCode.DONE;
  } finally {
    connection?.[Symbol.dispose]();
  }
}, {
  knownErrors: [
    knownError(RpcError, (error) => exitCodeOfStatus(error.code)),
    knownError(SchemaError),
  ],
});

/** @throws SchemaError if no service or more than one fits */
function findService(services: readonly string[], name: string, source: string): string {
  const wanted = name.replace(/^\./, "");
  const exact = services.find((service) => service === wanted);
  if (exact !== undefined) return exact;
  const fitting = services.filter((service) => endsWithName(service, wanted));
  const [only, second] = fitting;
  if (only !== undefined && second === undefined) return only;
  if (only === undefined) {
    const [service = "", method] = wanted.split("/");
    if (method !== undefined && services.some((known) => endsWithName(known, service))) {
      throw new SchemaError(`Cannot list "${name}": it is a method, which broker describe shows`);
    }
    const hint = suggestName(wanted, services) || `: its services are ${services.join(", ")}`;
    throw new SchemaError(`Cannot find the service "${name}" in ${source}${hint}`);
  }
  throw new SchemaError(
    `Cannot tell which service "${name}" means: ${fitting.join(", ")} all fit; write one of these`,
  );
}

async function listMethods(
  service: string,
  read: (service: string) => Promise<Contract>,
): Promise<string[]> {
  const found = listDefinitions(await read(service)).get(service);
  const methods = found?.kind === "service" ? found.service.method ?? [] : [];
  return methods.map(({ name }) => `${service}/${name}`).sort();
}

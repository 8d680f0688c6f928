import { describeSpec } from "./cli/commands/describe_spec.ts";
import { TARGET } from "./cli/commands/connection_flags.ts";
import { createCommand, ExitCode, exitCodeOfStatus, knownError, UsageError } from "./cli/mod.ts";
import { type Connection, openConnection } from "./connecting/mod.ts";
import {
  type Contract,
  type Definition,
  findDefinition,
  listDefinitions,
  printDefinition,
  readContract,
  splitArguments,
} from "./inspecting/mod.ts";
import { RpcError } from "./rpc/mod.ts";
import { describeEdition, SchemaError } from "./schema/mod.ts";

/** `broker describe`: definitions as they stand in their `.proto`. */
export const describeCommand = createCommand(describeSpec, async (context) => {
  const { flags, positionals, io } = context;
  const { target, name } = splitArguments(positionals.target, positionals.symbol);
  if (flags.template && name === undefined) {
    throw new UsageError("Cannot use --template without a symbol: name a message or a method");
  }
  let connection: Connection | undefined;
  const connect = async () =>
    connection ??= await openConnection(flags, target ?? TARGET.default, context);
  try {
    const contract = await readContract(
      { ...flags, reflectionTimeoutMs: flags.maxTimeMs },
      connect,
      name,
    );
    const text = flags.template && name !== undefined
      ? await printTemplate(contract, findDefinition(contract, name))
      : printDefinitions(contract, name);
    io.stdout.write(text);
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

/** What the symbol names, or all services. */
function printDefinitions(contract: Contract, symbol: string | undefined): string {
  if (symbol !== undefined) return withContext(contract, findDefinition(contract, symbol));
  const definitions = listDefinitions(contract);
  const services = contract.services.flatMap((name) => definitions.get(name) ?? []);
  if (services.length === 0) throw new SchemaError(`Cannot find a service in ${contract.source}`);
  return services.map((service) => withContext(contract, service)).join("\n");
}

/** Says what it is and where, as the text by itself has short names. */
function withContext(contract: Contract, definition: Definition): string {
  const { kind, fullName, file } = definition;
  const parts = [`${kind} ${fullName}`, file.name ?? "no file", ...describeEdition(file)];
  const title = parts.join(", ");
  return `// ${title.replace(/[^\x20-\x7e]/g, "?")}\n${printDefinition(contract, definition)}`;
}

async function printTemplate(contract: Contract, definition: Definition): Promise<string> {
  // The library of messages is not loaded for anything else.
  const { createTemplate, createTypes, formatJson } = await import("./json/mod.ts");
  const { kind, fullName } = definition;
  if (kind !== "message" && kind !== "method") {
    throw new SchemaError(
      `Cannot make a template of "${fullName}", which is of the kind ${kind}: name a message or a method`,
    );
  }
  const typeName = kind === "method" ? definition.method.inputType?.replace(/^\./, "") : fullName;
  const desc = createTypes(contract.files.values(), contract.source).getMessage(typeName ?? "");
  if (desc === undefined) throw new SchemaError(`Cannot find "${typeName}" in ${contract.source}`);
  return `${formatJson(createTemplate(desc), { isIndented: true })}\n`;
}

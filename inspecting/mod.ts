export { askServer } from "./ask_server.ts";
export type { Contract } from "./contract.ts";
export { type Definition, findDefinition, listDefinitions, suggestName } from "./definitions.ts";
export { printDefinition } from "./print_definition.ts";
export { type Connect, endsWithName, readContract, readServices } from "./read_contract.ts";
export { splitArguments } from "./split_arguments.ts";

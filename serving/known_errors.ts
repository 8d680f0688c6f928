import { knownError } from "../cli/mod.ts";
import { SchemaError } from "../schema/mod.ts";
import { HandlersError } from "../services/mod.ts";

/** Errors of other layers whose message is a sentence for who serves. */
export const KNOWN_ERRORS = [knownError(SchemaError), knownError(HandlersError)];

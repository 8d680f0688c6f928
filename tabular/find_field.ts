import type { FieldShape, MessageShape } from "../schema/mod.ts";
import { cleanName } from "./clean_name.ts";

/**
 * Finds a field by its name or its `json_name`, or else by what is left of its name, which the lowerCamel name of JSON has in common with it;
 * undefined also if two fields fit.
 */
export function findField(message: MessageShape, name: string): FieldShape | undefined {
  const exact = message.fields.find((field) => field.name === name) ??
    message.fields.find(({ jsonName }) => jsonName === name);
  if (exact !== undefined) return exact;
  const clean = cleanName(name);
  const fitting = message.fields.filter((field) => cleanName(field.name) === clean);
  return fitting.length === 1 ? fitting[0] : undefined;
}

import { nearestName } from "../cli/mod.ts";
import type { FieldShape, MessageShape } from "../schema/mod.ts";
import { type Message, TabularError } from "../tabular/mod.ts";
import type { ReadId } from "./answer_join.ts";

/** How rows and answers name each other. */
export interface IdFields {
  readonly request: ReadId;
  readonly answer: ReadId;
}

/**
 * Reads `--id-field`: `name` of a field that both messages have, or `request_field=answer_field`.
 *
 * @throws TabularError if a message has no such field, or it cannot name a row
 */
export function readIdField(text: string, request: MessageShape, answer: MessageShape): IdFields {
  const equals = text.indexOf("=");
  const requestName = equals < 0 ? text : text.slice(0, equals);
  const answerName = equals < 0 ? text : text.slice(equals + 1);
  return {
    request: compile(findField(text, requestName.trim(), request)),
    answer: compile(findField(text, answerName.trim(), answer)),
  };
}

function findField(flag: string, name: string, message: MessageShape): FieldShape {
  const field = message.fields.find((candidate) => candidate.name === name);
  const short = message.fullName.slice(message.fullName.lastIndexOf(".") + 1);
  if (field === undefined) {
    const nearest = nearestName(name, message.fields.map((candidate) => candidate.name));
    const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
    throw new TabularError(
      `Cannot use --id-field "${flag}": ${short} has no field "${name}"${hint}`,
    );
  }
  const { type, cardinality } = field;
  const isId = cardinality === "single" && type.kind === "scalar" &&
    !["float", "double", "bytes"].includes(type.scalar);
  if (isId) return field;
  throw new TabularError(
    `Cannot use --id-field "${flag}": "${name}" of ${short} is no integer, string or bool`,
  );
}

/** A field that is not set counts as its default: on the wire there is no difference. */
function compile({ name, type }: FieldShape): ReadId {
  const scalar = type.kind === "scalar" ? type.scalar : "string";
  const unset = scalar === "string" ? "" : scalar === "bool" ? "false" : "0";
  return (message: Message) => {
    const value = message[name];
    return value === undefined || value === null ? unset : String(value);
  };
}

import type { FieldShape, MessageShape, MethodSchema, Sources } from "../schema/mod.ts";
import { textValue, type Value } from "./print_value.ts";
import { sampleMessage } from "./sample_message.ts";

/** What a new handler answers. */
export type AnswerPlan =
  /** Request and answer are of one type. */
  | { readonly kind: "same" }
  /** The fields that both messages have; none if the answer has no fields. */
  | { readonly kind: "shared"; readonly fields: readonly FieldShape[] }
  /** There is nothing to answer with. */
  | { readonly kind: "unimplemented" };

/** Decides what the handler of a method answers until somebody writes it. */
export function planAnswer({ request, response }: MethodSchema): AnswerPlan {
  if (request.fullName === response.fullName) return { kind: "same" };
  if (response.fields.length === 0) return { kind: "shared", fields: [] };
  const fields = response.fields.filter((field) =>
    request.fields.some((other) => isAlike(field, other))
  );
  return fields.length === 0 ? { kind: "unimplemented" } : { kind: "shared", fields };
}

/** The answer as code that reads a variable, such as `request`. */
export function printableAnswer(
  sources: Sources,
  response: MessageShape,
  { plan, variable }: { readonly plan: AnswerPlan; readonly variable: string },
): Value {
  if (plan.kind !== "shared") return textValue(variable);
  const entries: [string, Value][] = plan.fields.map(({ name }) => [
    name,
    textValue(`${variable}.${name}`),
  ]);
  return {
    kind: "object",
    entries: [...entries, ...missingRequired(sources, response, plan.fields)],
  };
}

/** What proto2 does not let anyone leave out. */
function missingRequired(
  sources: Sources,
  message: MessageShape,
  present: readonly FieldShape[],
): [string, Value][] {
  const sample = sampleMessage(sources, message);
  if (sample.kind !== "object") return [];
  return sample.entries.flatMap(([name, value]): [string, Value][] => {
    const isRequired = sources.notes.required.has(`${message.fullName}.${name}`);
    return isRequired && !present.some((field) => field.name === name) ? [[name, value]] : [];
  });
}

/** Whether a value of one field is one of the other, too. Members of oneofs would need a choice. */
function isAlike(field: FieldShape, other: FieldShape): boolean {
  if (field.name !== other.name || field.cardinality !== other.cardinality) return false;
  if (field.oneof !== undefined || other.oneof !== undefined) return false;
  return field.mapKey === other.mapKey && typeKey(field) === typeKey(other);
}

function typeKey({ type }: FieldShape): string {
  switch (type.kind) {
    case "scalar":
      return type.scalar;
    case "enum":
      return `enum ${type.enum.fullName}`;
    case "message":
      return `message ${type.message.fullName}`;
  }
}

import type { MessageShape } from "../schema/mod.ts";
import { formatDouble } from "./format_number.ts";
import { isRecord } from "./is_record.ts";

/** The members of the oneof of `google.protobuf.Value`, by field number (`google/protobuf/struct.proto`). */
const VALUE_MEMBERS = [
  { number: 1, write: () => "null" },
  { number: 2, write: writeNumber },
  { number: 3, write: (value: unknown) => JSON.stringify(`${value}`) },
  { number: 4, write: (value: unknown) => `${value}` },
  { number: 5, write: formatStruct },
  { number: 6, write: formatListValue },
] as const satisfies readonly {
  readonly number: number;
  readonly write: (value: unknown, shape: MessageShape) => string;
}[];

/** Writes a decoded `google.protobuf.Struct` as the JSON object that it stands for. */
export function formatStruct(struct: unknown, shape: MessageShape): string {
  const { name, message } = fieldNumbered(shape, 1);
  const fields = isRecord(struct) ? struct[name] : undefined;
  if (!isRecord(fields)) return "{}";
  const members = Object.entries(fields).map(([key, value]) =>
    `${JSON.stringify(key)}:${formatStructValue(value, message)}`
  );
  return `{${members.join(",")}}`;
}

/** Writes a decoded `google.protobuf.ListValue` as the JSON array that it stands for. */
export function formatListValue(list: unknown, shape: MessageShape): string {
  const { name, message } = fieldNumbered(shape, 1);
  const values = isRecord(list) ? list[name] : undefined;
  if (!Array.isArray(values)) return "[]";
  return `[${values.map((value) => formatStructValue(value, message)).join(",")}]`;
}

/** Writes a decoded `google.protobuf.Value` as the JSON that it stands for. */
export function formatStructValue(value: unknown, shape: MessageShape): string {
  if (!isRecord(value)) return "null";
  for (const { number, write } of VALUE_MEMBERS) {
    const { name, message } = fieldNumbered(shape, number);
    const member = value[name];
    if (member !== undefined && member !== null) return write(member, message);
  }
  return "null";
}

/** Writes a decoded `google.protobuf.FieldMask` as `a,b.c`. */
export function formatFieldMask(mask: unknown, shape: MessageShape): string {
  const paths = isRecord(mask) ? mask[fieldNumbered(shape, 1).name] : undefined;
  return Array.isArray(paths) ? paths.join(",") : "";
}

/** JSON has no word for what is not finite. */
function writeNumber(value: unknown): string {
  const number = Number(value);
  return Number.isFinite(number) ? formatDouble(number) : `"${number}"`;
}

/** Bundled and reflected schemas call these fields differently. */
function fieldNumbered(
  shape: MessageShape,
  number: number,
): { readonly name: string; readonly message: MessageShape } {
  const field = shape.fields.find((candidate) => candidate.number === number);
  const message = field?.type.kind === "message" ? field.type.message : shape;
  return { name: field?.name ?? "", message };
}

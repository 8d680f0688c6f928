import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { JsonNumber, type JsonValue } from "./json_value.ts";
import { hasOwnForm } from "./well_known.ts";

/** Forms of the well-known types that `broker call` takes as they are. */
const FORMS: Readonly<Record<string, JsonValue>> = {
  "google.protobuf.Any": new Map([
    ["@type", "type.googleapis.com/google.protobuf.Duration"],
    ["value", "0s"],
  ]),
  "google.protobuf.Timestamp": "1970-01-01T00:00:00Z",
  "google.protobuf.Duration": "0s",
  "google.protobuf.FieldMask": "",
  "google.protobuf.Struct": new Map([["key", null]]),
  "google.protobuf.Value": null,
  "google.protobuf.ListValue": [],
};

/**
 * Makes an example of a message that `broker call` takes as it is: each field at its default, the first member of each
 * oneof, one item of what is repeated. What a message holds of its own type is left unset.
 */
export function createTemplate(desc: DescMessage): JsonValue {
  return messageTemplate(desc, []);
}

/** @param outer the messages that this one is in */
function messageTemplate(desc: DescMessage, outer: readonly DescMessage[]): JsonValue {
  const form = FORMS[desc.typeName];
  if (form !== undefined) return form;
  if (hasOwnForm(desc)) return scalarTemplate(desc.fields[0]?.scalar);
  const path = [...outer, desc];
  const members = new Map<string, JsonValue>();
  for (const field of desc.fields) {
    if (field.oneof !== undefined && field.oneof.fields[0] !== field) continue;
    members.set(field.jsonName, fieldTemplate(field, path));
  }
  return members;
}

function fieldTemplate(field: DescField, path: readonly DescMessage[]): JsonValue {
  const isOpen = field.message !== undefined && path.includes(field.message);
  if (field.fieldKind === "list") return isOpen ? [] : [singleTemplate(field, path)];
  if (field.fieldKind === "map") {
    return new Map(isOpen ? [] : [[keyTemplate(field.mapKey), singleTemplate(field, path)]]);
  }
  return isOpen ? null : singleTemplate(field, path);
}

function singleTemplate(field: DescField, path: readonly DescMessage[]): JsonValue {
  if (field.message !== undefined) return messageTemplate(field.message, path);
  if (field.enum?.typeName === "google.protobuf.NullValue") return null;
  if (field.enum !== undefined) return field.enum.values[0]?.name ?? new JsonNumber("0");
  return scalarTemplate(field.scalar);
}

function keyTemplate(key: ScalarType): string {
  if (key === ScalarType.STRING) return "key";
  return key === ScalarType.BOOL ? "true" : "0";
}

function scalarTemplate(scalar: ScalarType | undefined): JsonValue {
  switch (scalar) {
    case ScalarType.BOOL:
      return false;
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return "";
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
    case ScalarType.SINT64:
      return "0";
    case undefined:
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
    case ScalarType.INT32:
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
    case ScalarType.SINT32:
      return new JsonNumber("0");
  }
}

import type { DescMessage } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";

/** Messages whose JSON is not an object of their fields. */
const OWN_FORMS: ReadonlySet<string> = new Set(
  ["Any", "Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue"]
    .map((name) => `google.protobuf.${name}`),
);

/** Whether the JSON of a message is not an object of its fields: text, a number, anything. */
export function hasOwnForm(desc: DescMessage): boolean {
  return OWN_FORMS.has(desc.typeName) || isWrapperDesc(desc);
}

/** Whether a message stands for a 64-bit integer. */
export function isLongWrapper({ typeName }: DescMessage): boolean {
  return typeName === "google.protobuf.Int64Value" || typeName === "google.protobuf.UInt64Value";
}

/** Whether the JSON of a message may be an array. */
export function mayBeArray({ typeName }: DescMessage): boolean {
  return typeName === "google.protobuf.ListValue" || typeName === "google.protobuf.Value";
}

/** The full name in the URL of an `Any`: what follows its last slash. */
export function typeNameOf(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}

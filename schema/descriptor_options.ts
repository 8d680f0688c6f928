import type { Options } from "./parse_proto.ts";

/**
 * The options that descriptors have a field for, by what they are an option of. Options that a `.proto` defines itself,
 * such as `(google.api.http)`, are left out.
 *
 * Source: google/protobuf/descriptor.proto
 */
const KNOWN = {
  file: [
    "java_package",
    "java_outer_classname",
    "java_multiple_files",
    "java_string_check_utf8",
    "optimize_for",
    "go_package",
    "cc_generic_services",
    "java_generic_services",
    "py_generic_services",
    "deprecated",
    "cc_enable_arenas",
    "objc_class_prefix",
    "csharp_namespace",
    "swift_prefix",
    "php_class_prefix",
    "php_namespace",
    "php_metadata_namespace",
    "ruby_package",
  ],
  message: ["message_set_wire_format", "no_standard_descriptor_accessor", "deprecated"],
  field: ["ctype", "packed", "jstype", "lazy", "deprecated", "weak"],
  oneof: [],
  enum: ["allow_alias", "deprecated"],
  enumValue: ["deprecated"],
  service: ["deprecated"],
  method: ["deprecated", "idempotency_level"],
} as const satisfies Record<string, readonly string[]>;

/** The options of a definition, ready for its descriptor; `{}` without any, so that it can be spread. */
export function describeOptions(
  kind: keyof typeof KNOWN,
  options: Options | undefined,
): { readonly options?: Options } {
  if (options === undefined) return {};
  const known: readonly string[] = [...KNOWN[kind], "features"];
  const kept = Object.entries(options).filter(([name]) => known.includes(name));
  return kept.length === 0 ? {} : { options: toCamelCase(Object.fromEntries(kept)) };
}

/** As the codec of descriptors names its fields. */
function toCamelCase(options: Options): Options {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      isOptions(value) ? toCamelCase(value) : value,
    ]),
  );
}

function isOptions(value: unknown): value is Options {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The scalar types of the protobuf language, as spelled in a `.proto`. */
export type ScalarType =
  | "double"
  | "float"
  | "int32"
  | "int64"
  | "uint32"
  | "uint64"
  | "sint32"
  | "sint64"
  | "fixed32"
  | "fixed64"
  | "sfixed32"
  | "sfixed64"
  | "bool"
  | "string"
  | "bytes";

/** What a field holds. */
export type FieldType =
  | { readonly kind: "scalar"; readonly scalar: ScalarType }
  | { readonly kind: "enum"; readonly enum: EnumShape }
  | { readonly kind: "message"; readonly message: MessageShape };

/** An enum: its values in the order of the `.proto`. */
export interface EnumShape {
  /** Full name without a leading dot: `pkg.Outer.Kind`. */
  readonly fullName: string;
  readonly values: readonly { readonly name: string; readonly number: number }[];
}

/** One field of a message. */
export interface FieldShape {
  /** As written in the `.proto`. */
  readonly name: string;
  readonly number: number;
  /** Its name in JSON, where the `.proto` gives it one with `json_name`. */
  readonly jsonName?: string;
  /** For a map: the type of its values. */
  readonly type: FieldType;
  readonly cardinality: "single" | "repeated" | "map";
  /** The type of a map's keys; only where `cardinality` is `map`. */
  readonly mapKey?: ScalarType;
  /** The oneof that this field belongs to, if any; what stands for proto3 `optional` does not count as one. */
  readonly oneof?: string;
  /**
   * For proto3 `optional`, and for a scalar or an enum of an edition that has presence: the name of the oneof that it
   * alone is a member of. The loader leaves the field out while it is unset, and adds one of this name that holds the
   * field's name while it is set.
   */
  readonly syntheticOneof?: string;
  /**
   * Unset differs from the default value: for those with a `syntheticOneof`, for singular fields of proto2, and for
   * required ones of editions.
   */
  readonly explicitPresence: boolean;
}

/** A message type. Shapes of recursive messages refer to themselves. */
export interface MessageShape {
  /** Full name without a leading dot: `pkg.Outer.Inner`. */
  readonly fullName: string;
  /** In field-number order. */
  readonly fields: readonly FieldShape[];
}

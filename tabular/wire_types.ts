import type { ScalarType } from "../schema/mod.ts";

const VARINT = 0;
const FIXED_64 = 1;
const WITH_LENGTH = 2;
const FIXED_32 = 5;

/** How the value of each type ends (protobuf encoding, "Message Structure"). */
export const WIRE_TYPES = {
  double: FIXED_64,
  float: FIXED_32,
  int32: VARINT,
  int64: VARINT,
  uint32: VARINT,
  uint64: VARINT,
  sint32: VARINT,
  sint64: VARINT,
  fixed32: FIXED_32,
  fixed64: FIXED_64,
  sfixed32: FIXED_32,
  sfixed64: FIXED_64,
  bool: VARINT,
  string: WITH_LENGTH,
  bytes: WITH_LENGTH,
} as const satisfies Record<ScalarType, number>;

import type { HeaderField } from "../header_field.ts";

/** What a field costs beside its name and value (RFC 7541 section 4.1, RFC 9113 section 6.5.2). */
export const FIELD_OVERHEAD_OCTETS = 32;

/** The size of a field as tables and header lists count it: name, value and an overhead of 32 octets. */
export function fieldOctets(field: HeaderField): number {
  return field.name.length + field.value.length + FIELD_OVERHEAD_OCTETS;
}

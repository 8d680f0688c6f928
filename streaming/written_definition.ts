import { setInPlaceDecoder } from "../rpc/in_place_codec.ts";
import type { MethodDefinition } from "../rpc/mod.ts";
import type { MessageShape } from "../schema/mod.ts";
import { createWrittenAnswers } from "../tabular/mod.ts";

/**
 * The fast path of answers that leave as CSV: a method whose answers are read as `WrittenAnswers` where they can be; the
 * method itself where it does not apply (docs/stream.md, "Fast paths"). For one call: what is read waits in there.
 */
export function createWrittenDefinition(
  definition: MethodDefinition,
  shape: MessageShape,
): MethodDefinition {
  const written = createWrittenAnswers({
    shape,
    decode: (octets) => definition.responseDeserialize(octets) as object,
  });
  if (written === undefined) return definition;
  const decode = (octets: Uint8Array) => written.decode(octets, 0, octets.length);
  setInPlaceDecoder(decode, (octets, start, end) => written.decode(octets, start, end));
  return { ...definition, responseDeserialize: decode };
}

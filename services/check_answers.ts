import { findInPlaceEncoder, setInPlaceEncoder } from "../rpc/in_place_codec.ts";
import type { MethodDefinition, ServiceDefinition } from "../rpc/mod.ts";
import { nearestName, type ServiceSchema } from "../schema/mod.ts";

/** Answers of a method that are looked at: a misspelt field is misspelt from the first. */
const CHECKED_ANSWERS = 100;

/**
 * Watches a service's first answers for fields that their message does not have: the codec leaves them out in silence,
 * and the client gets a default in their place. `warn` is told once for each field.
 */
export function checkAnswers(
  service: ServiceSchema,
  warn: (sentence: string) => void,
): ServiceDefinition {
  const checked: Record<string, MethodDefinition> = {};
  for (const { name, response, definition } of service.methods) {
    const known = new Set(response.fields.flatMap(({ name, oneof }) => [name, `_${name}`, oneof]));
    let left = CHECKED_ANSWERS;
    const responseSerialize = (answer: unknown) => {
      if (left > 0) {
        left--;
        for (const field of Object.keys(Object(answer))) {
          if (known.has(field)) continue;
          known.add(field);
          const meant = nearestName(field, response.fields.map(({ name }) => name));
          warn(
            `${service.fullName}/${name} answers with a field "${field}", which ` +
              `${response.fullName} does not have: it is left out` +
              (meant === undefined ? "" : `; did you mean "${meant}"?`),
          );
        }
      }
      return definition.responseSerialize(answer);
    };
    const inPlace = findInPlaceEncoder(definition.responseSerialize);
    if (inPlace !== undefined) {
      setInPlaceEncoder(
        responseSerialize,
        (answer, out, prefixOctets) => left > 0 ? -1 : inPlace(answer, out, prefixOctets),
      );
    }
    checked[name] = { ...definition, responseSerialize };
  }
  return checked;
}

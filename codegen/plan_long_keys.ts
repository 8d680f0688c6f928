import type { MessageShape } from "../schema/mod.ts";
import { describeLongKeys } from "../schema/mod.ts";
import { printString } from "./layout.ts";
import { textValue, type Value } from "./print_value.ts";
import type { Project } from "./project.ts";

/** The part of `gen/standalone.ts` that says where maps with 64-bit keys are; undefined if there are none. */
export function planLongKeys({ sources, services }: Project): Value | undefined {
  const plans = describeLongKeys(sources.messages.values());
  if (Object.keys(plans).length === 0) return undefined;
  const methods = services.flatMap(({ schema }) => schema.methods).filter(({ request, response }) =>
    [request, response].some((message: MessageShape) => Object.hasOwn(plans, message.fullName))
  );
  return toValue({
    plans,
    methods: Object.fromEntries(methods.map(({ path, request, response }) => [
      path,
      { request: request.fullName, answer: response.fullName },
    ])),
  });
}

/** Plain objects and strings as code. */
function toValue(value: object): Value {
  const entries = Object.entries(value).map(([key, item]: [string, string | object]) =>
    [key, typeof item === "string" ? textValue(printString(item)) : toValue(item)] as const
  );
  return { kind: "object", entries };
}

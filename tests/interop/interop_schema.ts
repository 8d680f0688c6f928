import type { MethodDefinition, ServiceDefinition } from "../../rpc/service_definition.ts";
import { builtinSchema, loadSchema, type Schema } from "../../schema/mod.ts";
import { repositoryPath } from "../support/paths.ts";
import type { Count, Measurement, Prediction, Summary } from "./interop_handlers.ts";

/** The services of the interop tests, loaded as the program loads a user's `.proto`. */
export const INTEROP_SERVICE = onlyService(
  await loadSchema([repositoryPath("tests/peers/interop.proto")]),
);
export const BROKER_SERVICE = onlyService(await builtinSchema());

function onlyService({ services }: Schema): ServiceDefinition {
  const [service] = services;
  if (service === undefined) throw new Error("The schema has no service");
  return service.definition;
}

function method<Request, Response>(
  service: ServiceDefinition,
  name: string,
): MethodDefinition<Request, Response> {
  const definition = service[name];
  if (definition === undefined) throw new Error(`The service has no method "${name}"`);
  // The loader does not know the message types; interop_handlers.ts states them.
  return definition as MethodDefinition<unknown, unknown> as MethodDefinition<Request, Response>;
}

/** What the tests send: fields that are left out have their defaults. */
export type PartialMeasurement = Partial<Measurement>;

export const INTEROP = {
  unary: method<PartialMeasurement, Prediction>(INTEROP_SERVICE, "Unary"),
  serverStream: method<Partial<Count>, Prediction>(INTEROP_SERVICE, "ServerStream"),
  clientStream: method<PartialMeasurement, Summary>(INTEROP_SERVICE, "ClientStream"),
  bidi: method<PartialMeasurement, Prediction>(INTEROP_SERVICE, "Bidi"),
};

export const BROKER = method<Record<string, number>, Prediction>(
  BROKER_SERVICE,
  "BidirectionalStreaming",
);

import type { Handlers, ServiceDefinition } from "../rpc/mod.ts";
import type { ProtoJson, Schema } from "../schema/mod.ts";
import { Health } from "./health.ts";
import { createReflection, type ReflectionSource } from "./reflection.ts";

/** A service that every server has beside the user's. */
export interface StandardService {
  /** Full name. */
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly handlers: Handlers;
  /** The file that defines it. */
  readonly proto: ProtoJson;
}

export interface StandardServicesOptions {
  /** Answer reflection; default true. */
  readonly reflection?: boolean;
}

/** Health and reflection, but for what the user's `.proto` defines itself. */
export interface StandardServices {
  readonly services: readonly StandardService[];
  /** To be called when the server begins to shut down: watchers of health are told, and their calls end. */
  stop(): void;
}

/** What `serve` mounts beside the services of `schema`; see `Health` and `createReflection()`. */
export function createStandardServices(
  schema: Schema,
  { reflection = true }: StandardServicesOptions = {},
): StandardServices {
  const theirs = schema.services.map(({ fullName }) => fullName);
  const health = new Health(theirs);
  const describe = (): ReflectionSource => ({
    services: [...theirs, ...services.map(({ name }) => name)],
    protos: [...schema.files ?? [], ...services.map(({ proto }) => proto)],
  });
  const offered: StandardService[] = [health, ...(reflection ? createReflection(describe) : [])];
  const services: StandardService[] = offered.filter(({ name }) => !theirs.includes(name));
  return { services, stop: () => health.stop() };
}

import { nearestName } from "./nearest_name.ts";
import { quoteSource } from "./quote_source.ts";
import type { MethodSchema, Schema } from "./schema.ts";
import { SchemaError } from "./schema_error.ts";

/** A list longer than this in an error would hide what it says; the nearest name stands before it. */
const MAX_LISTED_METHODS = 10;

/** What a method is found by. */
export type MethodName = Pick<MethodSchema, "service" | "name">;

/** A `Schema`, as far as a method's name goes. */
export interface MethodTable<Method extends MethodName> {
  readonly source: string;
  readonly services: readonly { readonly methods: readonly Method[] }[];
}

/**
 * Finds a method by name: `pkg.Service/Method`, `pkg.Service.Method` or `/pkg.Service/Method`, and, where
 * only one method fits, `Service/Method`, `Service.Method` or `Method`; methods of gRPC's own services then come second.
 *
 * @throws {SchemaError} if no method or more than one fits
 */
export function findMethod<Method extends MethodName>(
  schema: MethodTable<Method>,
  name: string,
): Method {
  const methods = listMethods(schema);
  const wanted = name.replace(/^\//, "").replace("/", ".");
  const exact = methods.find((method) => dotted(method) === wanted);
  if (exact !== undefined) return exact;
  const all = methods.filter((method) => dotted(method).endsWith(`.${wanted}`));
  const own = all.filter(isOwn);
  const fitting = own.length > 0 ? own : all;
  const [only, second] = fitting;
  if (only === undefined) throw unknownMethod(schema, methods, name, wanted);
  if (second !== undefined) {
    throw new SchemaError(
      `Cannot tell which method "${name}" means: ${listNames(fitting)} all fit; write one of these`,
    );
  }
  return only;
}

/**
 * The only streaming method of the schema, whichever side streams. Services of gRPC itself (`grpc.health.v1.Health`)
 * do not count: a server has them beside its own.
 *
 * @throws {SchemaError} if there is none or more than one; the message lists what `--method` could name
 */
export function defaultStreamingMethod(schema: Schema): MethodSchema {
  const all = listMethods(schema);
  const own = all.filter(isOwn);
  const methods = own.length > 0 ? own : all;
  const streaming = methods.filter((method) => method.kind !== "unary");
  const [only, second] = streaming;
  if (only === undefined) {
    throw new SchemaError(
      `Cannot choose a method of ${quoteSource(schema.source)}: none of them streams; ` +
        `name one with --method: ${listNames(methods)}`,
    );
  }
  if (second !== undefined) {
    throw new SchemaError(
      `Cannot choose a method of ${
        quoteSource(schema.source)
      }: ${streaming.length} of them stream; ` +
        `name one with --method: ${listNames(streaming)}`,
    );
  }
  return only;
}

/** False for the services of gRPC itself, such as `grpc.health.v1.Health`: a server has them beside its own. */
function isOwn({ service }: MethodName): boolean {
  return !service.startsWith("grpc.");
}

function listMethods<Method extends MethodName>(schema: MethodTable<Method>): Method[] {
  return schema.services.flatMap((service) => service.methods);
}

function unknownMethod(
  schema: Pick<Schema, "source">,
  methods: readonly MethodName[],
  name: string,
  wanted: string,
): SchemaError {
  // A misspelt name may leave out as much as a right one may.
  const byName = new Map<string, MethodName>();
  for (const method of methods) {
    const parts = dotted(method).split(".");
    for (let start = 0; start < parts.length; start++) {
      byName.set(parts.slice(start).join("."), method);
    }
  }
  const nearest = byName.get(nearestName(wanted, byName.keys()) ?? "");
  const hint = nearest === undefined
    ? `its methods are ${listNames(methods)}`
    : `did you mean ${slashed(nearest)}?`;
  return new SchemaError(
    `Cannot find the method "${name}" in ${quoteSource(schema.source)}: ${hint}`,
  );
}

function listNames(methods: readonly MethodName[]): string {
  if (methods.length === 0) return "(none)";
  const listed = methods.slice(0, MAX_LISTED_METHODS).map(slashed).join(", ");
  const left = methods.length - MAX_LISTED_METHODS;
  return left > 0 ? `${listed} and ${left} more` : listed;
}

function dotted(method: MethodName): string {
  return `${method.service}.${method.name}`;
}

function slashed(method: MethodName): string {
  return `${method.service}/${method.name}`;
}

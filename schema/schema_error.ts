/** A schema that cannot be read or does not hold what was asked of it; the message is one sentence. */
export class SchemaError extends Error {
  override readonly name: string = "SchemaError";
}

/** A server that does not answer reflection. */
export class NoReflectionError extends SchemaError {
  override readonly name = "NoReflectionError";
}

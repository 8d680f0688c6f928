/** JSON that is none, or that does not fit its message; the message is what is wrong and where, in one sentence. */
export class JsonError extends Error {
  override readonly name: string = "JsonError";
}

/** A message within a `google.protobuf.Any` whose type is not known. */
export class UnknownTypeError extends JsonError {
  override readonly name = "UnknownTypeError";
  /** Its full name. */
  readonly typeName: string;

  constructor(message: string, typeName: string) {
    super(message);
    this.typeName = typeName;
  }
}

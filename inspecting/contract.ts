/** What a server offers, or what files say that it does. */
export interface Contract {
  /** Where it comes from, for messages: file names, or `the reflection of localhost:8061`. */
  readonly source: string;
  /** Full names of the services, sorted. */
  readonly services: readonly string[];
  /** Encoded `google.protobuf.FileDescriptorProto`s by file name; of a server, those that were asked for. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Of messages, fields, enums, values, services and methods, by full name. */
  readonly comments: ReadonlyMap<string, string>;
}

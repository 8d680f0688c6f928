import { decodeFileDescriptor, type DescribedProto, type FileDescriptor } from "../schema/mod.ts";

type MessageDescriptor = NonNullable<FileDescriptor["messageType"]>[number];
type EnumDescriptor = NonNullable<FileDescriptor["enumType"]>[number];
type FieldDescriptor = NonNullable<FileDescriptor["extension"]>[number];

/** Which file defines what. Of two files that define the same, the first counts. */
export class ReflectionIndex {
  readonly #files = new Map<string, DescribedProto>();
  readonly #symbols = new Map<string, DescribedProto>();
  /** Files of the extensions of each message by their numbers; a message without extensions is there as well. */
  readonly #extensions = new Map<string, Map<number, DescribedProto>>();

  constructor(protos: Iterable<DescribedProto>) {
    for (const proto of protos) {
      if (this.#files.has(proto.name)) continue;
      this.#files.set(proto.name, proto);
      this.#addFile(decodeFileDescriptor(proto.octets), proto);
    }
  }

  findFile(name: string): DescribedProto | undefined {
    return this.#files.get(name);
  }

  /** The file of a message, enum, enum value, field, oneof, extension, service or method, by its full name. */
  findSymbol(name: string): DescribedProto | undefined {
    return this.#symbols.get(name.replace(/^\./, ""));
  }

  findExtension(message: string, number: number): DescribedProto | undefined {
    return this.#extensions.get(message.replace(/^\./, ""))?.get(number);
  }

  /** In ascending order; undefined if there is no such message. */
  listExtensions(message: string): number[] | undefined {
    const extensions = this.#extensions.get(message.replace(/^\./, ""));
    return extensions === undefined ? undefined : [...extensions.keys()].sort((a, b) => a - b);
  }

  /** A file, then those that it needs, except for what is in `sent`; all are added to `sent`. */
  withDependencies(file: DescribedProto, sent: Set<string>): DescribedProto[] {
    sent.add(file.name);
    const found = [file];
    // Grows while it is walked.
    for (const { dependencies } of found) {
      for (const name of dependencies) {
        const other = this.#files.get(name);
        if (other === undefined || sent.has(name)) continue;
        sent.add(name);
        found.push(other);
      }
    }
    return found;
  }

  #addFile(file: FileDescriptor, proto: DescribedProto): void {
    const scope = file.package ?? "";
    for (const message of file.messageType ?? []) this.#addMessage(scope, message, proto);
    for (const shape of file.enumType ?? []) this.#addEnum(scope, shape, proto);
    for (const field of file.extension ?? []) this.#addExtension(scope, field, proto);
    for (const { name, method = [] } of file.service ?? []) {
      const service = this.#addSymbol(scope, name, proto);
      for (const { name } of method) this.#addSymbol(service, name, proto);
    }
  }

  #addMessage(scope: string, message: MessageDescriptor, proto: DescribedProto): void {
    const fullName = this.#addSymbol(scope, message.name, proto);
    if (!this.#extensions.has(fullName)) this.#extensions.set(fullName, new Map());
    for (const { name } of message.field ?? []) this.#addSymbol(fullName, name, proto);
    for (const { name } of message.oneofDecl ?? []) this.#addSymbol(fullName, name, proto);
    for (const nested of message.nestedType ?? []) this.#addMessage(fullName, nested, proto);
    for (const nested of message.enumType ?? []) this.#addEnum(fullName, nested, proto);
    for (const field of message.extension ?? []) this.#addExtension(fullName, field, proto);
  }

  /** Values belong to where their enum stands, as in C++; their names inside of the enum are common, too. */
  #addEnum(scope: string, { name, value = [] }: EnumDescriptor, proto: DescribedProto): void {
    const fullName = this.#addSymbol(scope, name, proto);
    for (const { name } of value) {
      this.#addSymbol(scope, name, proto);
      this.#addSymbol(fullName, name, proto);
    }
  }

  #addExtension(scope: string, field: FieldDescriptor, proto: DescribedProto): void {
    this.#addSymbol(scope, field.name, proto);
    const extended = field.extendee?.replace(/^\./, "") ?? "";
    const numbers = this.#extensions.get(extended) ?? new Map<number, DescribedProto>();
    if (!numbers.has(field.number)) numbers.set(field.number, proto);
    this.#extensions.set(extended, numbers);
  }

  /** Returns the full name. */
  #addSymbol(scope: string, name: string, proto: DescribedProto): string {
    const fullName = scope === "" ? name : `${scope}.${name}`;
    if (!this.#symbols.has(fullName)) this.#symbols.set(fullName, proto);
    return fullName;
  }
}

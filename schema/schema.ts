import type { MethodDefinition, ServiceDefinition } from "../rpc/service_definition.ts";
import type { MessageShape } from "./message_shape.ts";

/** Which side of a call streams. */
export type MethodKind = "unary" | "server_streaming" | "client_streaming" | "bidirectional";

/** One method: how it is called and what its messages look like. */
export interface MethodSchema {
  /** Full name of the service: `pkg.Service`. */
  readonly service: string;
  /** As in the `.proto`. */
  readonly name: string;
  /** `/pkg.Service/Method`. */
  readonly path: string;
  readonly kind: MethodKind;
  readonly request: MessageShape;
  readonly response: MessageShape;
  readonly definition: MethodDefinition;
}

/** One service and its methods, in the order of the `.proto`. */
export interface ServiceSchema {
  readonly fullName: string;
  readonly methods: readonly MethodSchema[];
  /** As `@grpc/proto-loader` builds it, for a server or a channel. */
  readonly definition: ServiceDefinition;
}

/** A `.proto` file as text. */
export interface ProtoText {
  /** How other files import it; mostly one. The base name for a file that none imports. */
  readonly names: readonly [string, ...string[]];
  readonly text: string;
}

/** What was read from `.proto` files (or any other source of descriptors). */
export interface Schema {
  /** Where it came from, for messages: the file names, or for example `the built-in databroker`. */
  readonly source: string;
  readonly services: readonly ServiceSchema[];
  /** The files, each after those that it imports, without the bundled ones; none of what was not read from files. */
  readonly files?: readonly ProtoText[];
}

import type { FlagTable } from "../command_spec.ts";
import { CLIENT_TLS_CONTRADICTIONS, CLIENT_TLS_FLAGS } from "./tls_flags.ts";

const CONNECTION = "Connection";
const SCHEMA = "Schema";

/** The target of every command that reaches a server, to be spread into its arguments. */
export const TARGET = {
  label: "target",
  help: "host:port, unix:/path, http://… or https://…",
  default: "localhost:8061",
} as const;

/** The flags of every command that reaches a server, to be spread into its table. */
export const CONNECTION_FLAGS = {
  ...CLIENT_TLS_FLAGS,
  metadata: {
    name: "metadata",
    short: "H",
    kind: "string",
    placeholder: "'name: value'",
    repeatable: true,
    group: CONNECTION,
    help: "Request metadata; the value of a name that ends in -bin is base64",
  },
  tokenPath: {
    name: "token-file",
    kind: "string",
    placeholder: "file",
    group: CONNECTION,
    help: "Send the token in this file as authorization: Bearer",
  },
  authority: {
    name: "authority",
    kind: "string",
    placeholder: "name",
    group: CONNECTION,
    help: "Sent as :authority in place of the target's name",
  },
  connectTimeoutMs: {
    name: "connect-timeout",
    kind: "duration",
    default: "10s",
    minimum: 1,
    group: CONNECTION,
    help: "Time for the connection to come up",
  },
  maxTimeMs: {
    name: "max-time",
    kind: "duration",
    defaultNote: "none",
    minimum: 1,
    group: CONNECTION,
    help: "Deadline of the whole call",
  },
  maxMessageOctets: {
    name: "max-msg-sz",
    kind: "size",
    default: "4MiB",
    minimum: 1,
    // The length in a gRPC message's prefix has 32 bits.
    maximum: 0xffff_ffff,
    group: CONNECTION,
    help: "Largest message received, after inflating",
  },
} as const satisfies FlagTable;

/** Pairs of `CONNECTION_FLAGS` that must not be given together. */
export const CONNECTION_CONTRADICTIONS = CLIENT_TLS_CONTRADICTIONS;

/** Where a command learns what a server speaks, to be spread into its table. */
export const SCHEMA_FLAGS = {
  protoPaths: {
    name: "proto",
    kind: "string",
    placeholder: "file",
    repeatable: true,
    defaultNote: "what the server says of itself (reflection)",
    group: SCHEMA,
    help: "The .proto with the services",
  },
  protosetPaths: {
    name: "protoset",
    kind: "string",
    placeholder: "file",
    repeatable: true,
    group: SCHEMA,
    help:
      "In place of --proto: descriptors, as protoc -o --include_imports or buf build -o write them",
  },
  importPaths: {
    name: "import-path",
    short: "I",
    kind: "string",
    placeholder: "dir",
    repeatable: true,
    group: SCHEMA,
    help: "Where imports of --proto are looked for, beside its own folder",
  },
} as const satisfies FlagTable;

/** Pairs of `SCHEMA_FLAGS` that must not be given together. */
export const SCHEMA_CONTRADICTIONS = [
  ["protoPaths", "protosetPaths"],
  ["importPaths", "protosetPaths"],
] as const;

import type { FlagTable } from "../command_spec.ts";

const TLS = "TLS";

/** The TLS flags of every command that reaches a server, to be spread into its table, with `CLIENT_TLS_CONTRADICTIONS`. */
export const CLIENT_TLS_FLAGS = {
  plaintext: {
    name: "plaintext",
    kind: "boolean",
    group: TLS,
    help: "No TLS (the default, unless a flag below or https:// asks for it)",
  },
  tls: {
    name: "tls",
    kind: "boolean",
    group: TLS,
    help: "TLS that trusts the authorities of this system; each flag below implies it",
  },
  caCertPath: {
    name: "cacert",
    kind: "string",
    placeholder: "file",
    group: TLS,
    help: "Trust this authority instead, or this self-signed certificate (PEM)",
  },
  certPath: {
    name: "cert",
    kind: "string",
    placeholder: "file",
    group: TLS,
    help: "Client certificate for mutual TLS, with --key (PEM)",
  },
  keyPath: {
    name: "key",
    kind: "string",
    placeholder: "file",
    group: TLS,
    help: "Private key of --cert (PEM)",
  },
  insecure: {
    name: "insecure",
    kind: "boolean",
    group: TLS,
    help: "TLS with whoever answers: the certificate is not checked",
  },
  serverName: {
    name: "servername",
    kind: "string",
    placeholder: "name",
    defaultNote: "the target's host",
    group: TLS,
    help: "Name that the server's certificate must have",
  },
} as const satisfies FlagTable;

/** Pairs of `CLIENT_TLS_FLAGS` that must not be given together. */
export const CLIENT_TLS_CONTRADICTIONS = [
  ["plaintext", "tls"],
  ["plaintext", "caCertPath"],
  ["plaintext", "certPath"],
  ["plaintext", "keyPath"],
  ["plaintext", "insecure"],
  ["plaintext", "serverName"],
  ["insecure", "caCertPath"],
] as const;

/** The TLS flags of `serve`. */
export const SERVER_TLS_FLAGS = {
  tlsCertPath: {
    name: "tls-cert",
    kind: "string",
    placeholder: "file",
    group: TLS,
    help: "Serve TLS with this certificate, and its chain (PEM); SIGHUP reads it again",
  },
  tlsKeyPath: {
    name: "tls-key",
    kind: "string",
    placeholder: "file",
    group: TLS,
    help: "Private key of --tls-cert (PEM)",
  },
  tlsClientCaPath: {
    name: "tls-client-ca",
    kind: "string",
    placeholder: "file",
    group: TLS,
    help: "Take only clients with a certificate signed by this authority (mutual TLS)",
  },
} as const satisfies FlagTable;

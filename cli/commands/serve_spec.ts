import { defineCommand } from "../command_spec.ts";
import { SERVER_TLS_FLAGS } from "./tls_flags.ts";

const LIMITS = "Limits";
const PAGE = "Web page";

/** `broker serve`, as data: what `main.ts` needs for help without importing the server. */
export const serveSpec = defineCommand({
  name: "serve",
  summary: "Serve a .proto with your handlers, or the built-in databroker",
  description:
    "Without a proto and without --handlers, serves the built-in databroker: an online " +
    "anomaly detector that answers every measurement at once. SIGINT and SIGTERM stop accepting, " +
    "let calls finish within --grace, and exit 0; a second signal ends at once.",
  positionals: {
    proto: { label: "proto", help: "The .proto file whose services are served" },
  },
  flags: {
    handlersPath: {
      name: "handlers",
      kind: "string",
      placeholder: "file",
      help: "Module (.ts or .js) that exports the handlers",
    },
    importPaths: {
      name: "import-path",
      short: "I",
      kind: "string",
      placeholder: "dir",
      repeatable: true,
      help: "Where imports of the .proto are looked for, beside its own folder",
    },
    host: {
      name: "host",
      kind: "string",
      placeholder: "address",
      default: "0.0.0.0",
      help: "Address to listen on, or unix:/path",
    },
    port: {
      name: "port",
      kind: "integer",
      default: "8061",
      maximum: 65_535,
      help: "Port to listen on; 0 picks a free one and prints it",
    },
    workers: {
      name: "workers",
      kind: "integer",
      default: "1",
      maximum: 64,
      help: "Threads that share the port, each with connections of its own; 0 takes one per core",
    },
    log: {
      name: "log",
      kind: "choice",
      choices: ["text", "json", "off"],
      default: "text",
      help: "One line on stderr per call: method, peer, status, messages in and out, duration",
    },
    noReflection: {
      name: "no-reflection",
      kind: "boolean",
      help: "Do not tell clients what is served; health is answered either way",
    },
    ...SERVER_TLS_FLAGS,
    tokenPath: {
      name: "token-file",
      kind: "string",
      placeholder: "file",
      help:
        "Take only calls with a bearer token of this file: one a line, # comments; SIGHUP reads it again",
    },
    webPort: {
      name: "web-port",
      kind: "integer",
      default: "8062",
      maximum: 65_535,
      group: PAGE,
      help: "Port of the page, its API, /metrics, /healthz and /readyz; 0 picks a free one",
    },
    webHost: {
      name: "web-host",
      kind: "string",
      placeholder: "address",
      group: PAGE,
      help:
        "Address of the page; without it, that of the server if it is a loopback one, else 127.0.0.1",
    },
    webReadOnly: {
      name: "web-read-only",
      kind: "boolean",
      group: PAGE,
      help: "Show what happens, but make no calls from the page",
    },
    noWeb: {
      name: "no-web",
      kind: "boolean",
      group: PAGE,
      help: "No page, no metrics",
    },
    maxMessageOctets: {
      name: "max-msg-sz",
      kind: "size",
      default: "4MiB",
      minimum: 1,
      // The length in a gRPC message's prefix has 32 bits.
      maximum: 0xffff_ffff,
      group: LIMITS,
      help: "Largest message received, after inflating",
    },
    maxStreams: {
      name: "max-streams",
      kind: "integer",
      default: "100",
      minimum: 1,
      maximum: 0x7fff_ffff,
      group: LIMITS,
      help: "Calls that one connection may have open, and handlers that run for it",
    },
    maxConnections: {
      name: "max-connections",
      kind: "integer",
      default: "10000",
      minimum: 1,
      maximum: 1_000_000,
      group: LIMITS,
      help: "Connections open at once; further ones are closed on arrival",
    },
    maxHeaderOctets: {
      name: "max-header-size",
      kind: "size",
      // hyper's.
      default: "16KiB",
      minimum: 1024,
      // What HEADERS and eight CONTINUATIONs hold.
      maximum: 131_072,
      group: LIMITS,
      help: "Metadata of one request, unpacked, with 32 bytes added for each field",
    },
    handshakeTimeoutMs: {
      name: "handshake-timeout",
      kind: "duration",
      default: "10s",
      group: LIMITS,
      help: "Time that a new connection has to speak HTTP/2; 0 waits for ever",
    },
    keepaliveTimeMs: {
      name: "keepalive-time",
      kind: "duration",
      // grpc-go's (gRPC proposal A9).
      default: "2h",
      group: LIMITS,
      help: "Silence after which the peer is asked for a sign of life; 0 never asks",
    },
    keepaliveTimeoutMs: {
      name: "keepalive-timeout",
      kind: "duration",
      // grpc-go's (gRPC proposal A9).
      default: "20s",
      group: LIMITS,
      help: "Time for that sign of life, after which the connection is closed",
    },
    minPingIntervalMs: {
      name: "min-ping-interval",
      kind: "duration",
      // gRPC proposal A8.
      default: "5m",
      group: LIMITS,
      help: "Shortest time between a client's keepalive pings; without a call 2h unless given",
    },
    maxConnectionIdleMs: {
      name: "max-connection-idle",
      kind: "duration",
      // Envoy's; grpc-go keeps idle connections for ever.
      default: "1h",
      group: LIMITS,
      help: "Time without a call after which a connection is closed; 0 never closes",
    },
    maxConnectionAgeMs: {
      name: "max-connection-age",
      kind: "duration",
      default: "0",
      group: LIMITS,
      help: "Age, give or take a tenth, at which a connection is asked to reconnect; 0 never asks",
    },
    maxConnectionAgeGraceMs: {
      name: "max-connection-age-grace",
      kind: "duration",
      default: "0",
      group: LIMITS,
      help: "Time that calls of such a connection have to finish; 0 lets them",
    },
    graceMs: {
      name: "grace",
      kind: "duration",
      // Below the 10 s that `docker stop` waits before it kills.
      default: "8s",
      group: LIMITS,
      help: "Time that running calls have to finish once the server is told to stop",
    },
  },
  examples: [
    { command: "broker serve", help: "The built-in databroker on port 8061" },
    {
      command: "broker serve greeter.proto --handlers greeter.ts --port 9000",
      help: "Your own service",
    },
    {
      command: "broker serve --tls-cert certs/server.crt --tls-key certs/server.key",
      help: "Over TLS, with the files of broker cert",
    },
    {
      command: "broker serve --host 127.0.0.1 --port 0 --log json",
      help: "On a free port of this machine only, with a log for programs",
    },
    {
      command: "broker serve --web-host 0.0.0.0 --web-read-only",
      help: "With a page that others can look at, on port 8062",
    },
  ],
});

import { defineCommand } from "../command_spec.ts";
import { CONNECTION_CONTRADICTIONS, CONNECTION_FLAGS } from "./connection_flags.ts";

/** `broker health`, as data. */
export const healthSpec = defineCommand({
  name: "health",
  summary: "Ask a server whether it serves: for people, scripts and containers",
  description:
    "Prints the status that grpc.health.v1.Health gives. Exits 0 only for SERVING, 1 for another " +
    "status and when the server cannot be reached, 64 + code when the call ends with that gRPC " +
    "status: 69 for a service that the server does not know, 76 for a server without health. An " +
    "argument without a colon is a service, as every target has one.",
  positionals: {
    target: {
      label: "target",
      help: "host:port, unix:/path, http://… or https://…; localhost:8061 if it is left out",
    },
    service: { label: "service", help: "Full name of a service; the whole server if left out" },
  },
  flags: {
    watch: {
      name: "watch",
      kind: "boolean",
      help: "Print the status now and whenever it changes, until Ctrl-C or the server's end",
    },
    ...CONNECTION_FLAGS,
    maxTimeMs: {
      ...CONNECTION_FLAGS.maxTimeMs,
      defaultNote: "10s; none with --watch",
    },
  },
  contradictions: CONNECTION_CONTRADICTIONS,
  examples: [
    { command: "broker health", help: "The server on localhost:8061" },
    {
      command: "broker health localhost:8061 pkg.Service --watch",
      help: "One service, followed",
    },
    {
      command: "HEALTHCHECK CMD broker health localhost:8061 --max-time 2s",
      help: "In a Dockerfile",
    },
  ],
});

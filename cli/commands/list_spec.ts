import { defineCommand } from "../command_spec.ts";
import {
  CONNECTION_CONTRADICTIONS,
  CONNECTION_FLAGS,
  SCHEMA_CONTRADICTIONS,
  SCHEMA_FLAGS,
} from "./connection_flags.ts";

/** `broker list`, as data. */
export const listSpec = defineCommand({
  name: "list",
  summary: "List the services of a server, or the methods of one of them",
  description:
    "Asks the server by reflection, or reads --proto or --protoset and connects to nothing. The end of a " +
    "service's name is enough where only one fits. An argument without a colon is a service, as " +
    "every target has one.",
  positionals: {
    target: {
      label: "target",
      help: "host:port, unix:/path, http://… or https://…; localhost:8061 if it is left out",
    },
    service: { label: "service", help: "The service whose methods are listed" },
  },
  flags: {
    ...CONNECTION_FLAGS,
    ...SCHEMA_FLAGS,
    format: {
      name: "format",
      short: "O",
      kind: "choice",
      choices: ["text", "json"],
      default: "text",
      help: "One name a line, or an array of names",
    },
  },
  contradictions: [...CONNECTION_CONTRADICTIONS, ...SCHEMA_CONTRADICTIONS],
  examples: [
    { command: "broker list localhost:8061", help: "The services of a server" },
    {
      command: "broker list localhost:8061 BrokerService",
      help: "The methods of one service, by the end of its name",
    },
    {
      command: "broker list --proto model.proto",
      help: "The services of a .proto, without a server",
    },
  ],
});

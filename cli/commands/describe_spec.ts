import { defineCommand } from "../command_spec.ts";
import {
  CONNECTION_CONTRADICTIONS,
  CONNECTION_FLAGS,
  SCHEMA_CONTRADICTIONS,
  SCHEMA_FLAGS,
} from "./connection_flags.ts";

/** `broker describe`, as data. */
export const describeSpec = defineCommand({
  name: "describe",
  summary: "Show a service, method, message or enum as it stands in its .proto",
  description:
    "Asks the server by reflection, or reads --proto or --protoset and connects to nothing. Comments " +
    "are those of --proto, or of descriptors that bring them along. The end of a name is enough where only one " +
    "fits. An argument without a colon is a symbol, as every target has one.",
  positionals: {
    target: {
      label: "target",
      help: "host:port, unix:/path, http://… or https://…; localhost:8061 if it is left out",
    },
    symbol: {
      label: "symbol",
      help:
        "pkg.Service, pkg.Service/Method, pkg.Message, pkg.Enum; all services if it is left out",
    },
  },
  flags: {
    ...CONNECTION_FLAGS,
    ...SCHEMA_FLAGS,
    template: {
      name: "template",
      kind: "boolean",
      help: "Print a JSON skeleton of the message, or of the method's request, for broker call -d",
    },
  },
  contradictions: [...CONNECTION_CONTRADICTIONS, ...SCHEMA_CONTRADICTIONS],
  examples: [
    { command: "broker describe localhost:8061", help: "All services of a server" },
    {
      command: "broker describe localhost:8061 BrokerRequest",
      help: "One message, by the end of its name",
    },
    {
      command: "broker describe --proto model.proto Predict --template",
      help: "What to send to a method, as JSON, without a server",
    },
  ],
});

import { defineCommand } from "../command_spec.ts";
import {
  CONNECTION_CONTRADICTIONS,
  CONNECTION_FLAGS,
  SCHEMA_CONTRADICTIONS,
  SCHEMA_FLAGS,
} from "./connection_flags.ts";

const MESSAGES = "Messages";

/** `broker call`, as data. */
export const callSpec = defineCommand({
  name: "call",
  summary: "Call a method of any kind with messages in JSON",
  description:
    "Messages are JSON as protobuf defines it: one a line, one after the other, or for a method " +
    "that takes a stream in an array. They are sent as they arrive and answers are printed as " +
    "they arrive, at the same time. An argument without a colon is a method, as every target has " +
    "one; the end of a method's name is enough where only one fits. Exits 0 when the call went " +
    "well, 1 on a failure or a message that does not fit, 2 for a wrong command line, 64 + code " +
    "when the call ended with that gRPC status, 130 after Ctrl-C.",
  positionals: {
    target: {
      label: "target",
      help: "host:port, unix:/path, http://… or https://…; localhost:8061 if it is left out",
    },
    method: {
      label: "method",
      help: "pkg.Service/Method or pkg.Service.Method",
    },
  },
  flags: {
    ...CONNECTION_FLAGS,
    ...SCHEMA_FLAGS,
    data: {
      name: "data",
      short: "d",
      kind: "string",
      placeholder: "json|@|@file",
      defaultNote: "an empty message, or for a method that takes a stream none",
      group: MESSAGES,
      help: "The messages; @ reads them from stdin, @file from a file",
    },
    maxResponses: {
      name: "max-responses",
      kind: "integer",
      minimum: 1,
      defaultNote: "all",
      group: MESSAGES,
      help: "Cancel the call after so many answers, and exit 0",
    },
    format: {
      name: "format",
      short: "O",
      kind: "choice",
      choices: ["json", "jsonl"],
      defaultNote: "jsonl, but json on a terminal for a method with one answer",
      group: MESSAGES,
      help: "Answers with a line for every member, or on one line each",
    },
    emitDefaults: {
      name: "emit-defaults",
      kind: "boolean",
      group: MESSAGES,
      help: "Also print fields that are 0, false or empty",
    },
  },
  contradictions: [...CONNECTION_CONTRADICTIONS, ...SCHEMA_CONTRADICTIONS],
  examples: [
    {
      command: `broker call localhost:8061 Health/Check -d '{"service":"pkg.Service"}'`,
      help: "Send one message",
    },
    {
      command: "broker call localhost:8061 BidirectionalStreaming -d @measurements.jsonl",
      help: "Send a file of messages, one a line, to a method that takes a stream",
    },
    {
      command: "broker call api.example:443 --tls Watch --max-responses 3 -v",
      help: "The first three answers, with headers, trailers and timing on stderr",
    },
  ],
});

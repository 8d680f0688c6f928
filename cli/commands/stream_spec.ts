import { defineCommand } from "../command_spec.ts";
import { CLIENT_TLS_CONTRADICTIONS, CLIENT_TLS_FLAGS } from "./tls_flags.ts";

const CONNECTION = "Connection";
const SCHEMA = "Schema";
const INPUT = "Input";
const ANSWERS = "Answers";

/** `broker stream`, as data: what `main.ts` needs for help without importing the client. */
export const streamSpec = defineCommand({
  name: "stream",
  summary: "Stream the rows of a CSV file through a method and collect the answers",
  description:
    "Answers go to stdout, the summary to stderr. Exits 0 when every row was answered, " +
    "1 on a failure or a bad row that it stopped at, 2 for a wrong command line, 3 when rows were " +
    "rejected or left unanswered or answers do not match their rows, 64 + code when the call ended " +
    "with that gRPC status, 130 after Ctrl-C.",
  positionals: {
    input: {
      label: "file.csv|-",
      help: "Rows to send; - reads them from stdin",
      required: true,
    },
    target: {
      label: "target",
      help: "host:port, unix:/path http://… or https://…",
      default: "localhost:8061",
    },
  },
  flags: {
    ...CLIENT_TLS_FLAGS,
    metadata: {
      name: "metadata",
      short: "H",
      kind: "string",
      placeholder: "'name: value'",
      repeatable: true,
      group: CONNECTION,
      help: "Request metadata",
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
      help: "Largest answer received, after inflating",
    },
    maxInFlight: {
      name: "max-in-flight",
      kind: "integer",
      default: "4096",
      minimum: 1,
      group: CONNECTION,
      help: "Rows that may be sent and not yet answered",
    },
    protoPath: {
      name: "proto",
      kind: "string",
      placeholder: "file",
      defaultNote: "the built-in databroker",
      group: SCHEMA,
      help: "The .proto with the method",
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
    method: {
      name: "method",
      kind: "string",
      placeholder: "pkg.Service/Method",
      defaultNote: "the only streaming method of the schema",
      group: SCHEMA,
      help: "The method to call",
    },
    header: {
      name: "header",
      kind: "boolean",
      group: INPUT,
      help: "The first row names the columns; without either flag, the row itself decides",
    },
    noHeader: {
      name: "no-header",
      kind: "boolean",
      group: INPUT,
      help: "The first row is data; columns map to fields in field-number order",
    },
    mappings: {
      name: "map",
      kind: "string",
      placeholder: "column=field",
      repeatable: true,
      group: INPUT,
      help:
        "Send a column as another field, or as none (column=); a.b and a[0] reach inside fields",
    },
    delimiter: {
      name: "delimiter",
      kind: "string",
      placeholder: "c",
      defaultNote: "detected among , ; tab |",
      group: INPUT,
      help: "What separates the cells of a row",
    },
    nullText: {
      name: "null",
      kind: "string",
      placeholder: "text",
      group: INPUT,
      help:
        "Cells with this text leave their field unset, as empty cells do: it arrives as 0 or empty",
    },
    onBadRow: {
      name: "on-bad-row",
      kind: "choice",
      choices: ["stop", "skip"],
      default: "stop",
      group: INPUT,
      help: "What to do with a row that does not fit the message; it is never sent",
    },
    check: {
      name: "check",
      kind: "boolean",
      group: INPUT,
      help: "Print which column becomes which field and exit, sending nothing",
    },
    outputPath: {
      name: "output",
      short: "o",
      kind: "string",
      placeholder: "file",
      defaultNote: "stdout",
      group: ANSWERS,
      help: "Where the answers go",
    },
    format: {
      name: "format",
      short: "O",
      kind: "choice",
      choices: ["table", "csv", "jsonl"],
      defaultNote: "by the name of --output, else table on a terminal and jsonl otherwise",
      group: ANSWERS,
      help: "How the answers are written",
    },
    join: {
      name: "join",
      kind: "boolean",
      group: ANSWERS,
      help: "Put the columns of the input beside those of the answer",
    },
  },
  contradictions: [["header", "noHeader"], ...CLIENT_TLS_CONTRADICTIONS],
  examples: [
    {
      command: "broker stream sensors.csv",
      help: "Every row to the server on localhost:8061, answers as they come",
    },
    {
      command: "broker stream sensors.csv broker.example:8061 -O csv -o answers.csv --join",
      help: "Input and answer side by side in a file",
    },
    {
      command: "zcat big.csv.gz | broker stream - --no-header --on-bad-row skip",
      help: "From a pipe, without a header, passing over rows that are not measurements",
    },
    {
      command: "broker stream data.csv --proto model.proto --map temp=sensor1 --check",
      help: "Which column becomes which field, without sending anything",
    },
  ],
});

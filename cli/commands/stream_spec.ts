import { defineCommand } from "../command_spec.ts";
import {
  CONNECTION_CONTRADICTIONS,
  CONNECTION_FLAGS,
  SCHEMA_CONTRADICTIONS,
  SCHEMA_FLAGS,
  TARGET,
} from "./connection_flags.ts";

const INPUT = "Input";
const PACE = "Pace";
const SAFETY = "Failures";
const ANSWERS = "Answers";

/** `broker stream`, as data: what `main.ts` needs for help without importing the client. */
export const streamSpec = defineCommand({
  name: "stream",
  summary: "Stream the rows of a CSV file or JSON lines through a method",
  description:
    "Methods of all four kinds: those that take a stream get all rows on one call, the others a " +
    "call for each row. Answers go to stdout in the order of the rows, the summary to stderr. " +
    "Exits 0 when every row was answered, 1 on a failure or a bad row that it stopped at, 2 for a " +
    "wrong command line, 3 when rows were rejected or left unanswered or answers do not match " +
    "their rows, 64 + code when the call ended with that gRPC status, 99 when a --fail-if failed, " +
    "130 after Ctrl-C.",
  positionals: {
    input: {
      label: "file.csv|-",
      help: "Rows to send, as CSV or as JSON objects, one a line; - reads them from stdin",
      required: true,
    },
    target: TARGET,
  },
  flags: {
    ...CONNECTION_FLAGS,
    maxInFlight: {
      name: "max-in-flight",
      kind: "integer",
      defaultNote: "4096; 100 for methods that take one message",
      minimum: 1,
      group: "Connection",
      help: "Rows that may be sent and not yet answered, over all connections",
    },
    connections: {
      name: "connections",
      kind: "integer",
      default: "1",
      minimum: 1,
      maximum: 1000,
      group: "Connection",
      help: "Split the rows over so many connections; answers keep the order of the rows",
    },
    ...SCHEMA_FLAGS,
    protoPaths: {
      ...SCHEMA_FLAGS.protoPaths,
      defaultNote: "what the server says of itself, or else the built-in databroker",
      help: "The .proto with the method",
    },
    method: {
      name: "method",
      kind: "string",
      placeholder: "pkg.Service/Method",
      defaultNote: "the only streaming method of the schema",
      group: "Schema",
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
        "Send a column as another field, or as none (column=; *= for all that fit none); a.b and a[0] reach inside fields",
    },
    delimiter: {
      name: "delimiter",
      kind: "string",
      placeholder: "c",
      defaultNote: "detected among , ; tab |",
      group: INPUT,
      help: "What separates the cells of a row",
    },
    decimal: {
      name: "decimal",
      kind: "choice",
      choices: [".", ","],
      default: ".",
      placeholder: "c",
      group: INPUT,
      help: "The decimal mark of numbers",
    },
    nullTexts: {
      name: "null",
      kind: "string",
      placeholder: "text",
      repeatable: true,
      group: INPUT,
      help:
        "Cells with this text leave their field unset, as empty cells do: it arrives as 0 or empty",
    },
    defaults: {
      name: "default",
      kind: "string",
      placeholder: "column=value",
      repeatable: true,
      group: INPUT,
      help: "The value of a column's missing cells, or of a field that no column fills",
    },
    onMissing: {
      name: "on-missing",
      kind: "choice",
      choices: ["unset", "reject"],
      default: "unset",
      group: INPUT,
      help: "What a missing value does to its row: the field stays unset, or the row is a bad one",
    },
    groupBy: {
      name: "group-by",
      kind: "string",
      placeholder: "column",
      group: INPUT,
      help: "Make one message of consecutive rows with the same value in this column; * takes all",
    },
    maxGroupRows: {
      name: "max-group-rows",
      kind: "integer",
      minimum: 1,
      defaultNote: "100000",
      group: INPUT,
      help: "The most rows of one message with --group-by",
    },
    filesFolder: {
      name: "files",
      kind: "string",
      placeholder: "dir",
      group: INPUT,
      help: "Where cells of the form @name in bytes columns find their files",
    },
    follow: {
      name: "follow",
      kind: "boolean",
      group: INPUT,
      help: "Wait for rows that are added to the file, as tail -F does, until Ctrl-C",
    },
    loop: {
      name: "loop",
      kind: "boolean",
      group: INPUT,
      help: "Send the file again and again, until Ctrl-C",
    },
    ratePerSecond: {
      name: "rate",
      kind: "number",
      placeholder: "n",
      group: PACE,
      help: "Messages per second, on an absolute schedule",
    },
    replayColumn: {
      name: "replay",
      kind: "string",
      placeholder: "column",
      group: PACE,
      help: "Send rows at the distances in time of this column: RFC 3339, or epoch numbers",
    },
    speed: {
      name: "speed",
      kind: "number",
      default: "1",
      placeholder: "x",
      group: PACE,
      help: "Replay so many times faster",
    },
    onBadRow: {
      name: "on-bad-row",
      kind: "choice",
      choices: ["stop", "skip"],
      defaultNote: "stop; skip with --rejects or --max-errors",
      group: SAFETY,
      help: "What to do with a row that does not fit the message, or whose own call fails",
    },
    rejectsPath: {
      name: "rejects",
      kind: "string",
      placeholder: "file",
      group: SAFETY,
      help:
        "Where the rows go that are left out, with line, column, value and reason; as CSV, or as JSON lines if they are",
    },
    maxErrors: {
      name: "max-errors",
      kind: "integer",
      group: SAFETY,
      help: "Stop when more rows than this are left out",
    },
    retry: {
      name: "retry",
      kind: "integer",
      default: "0",
      maximum: 1_000_000,
      group: SAFETY,
      help:
        "When the server is gone, reconnect and send the unanswered rows again; give up after so many failures in a row",
    },
    checkpointPath: {
      name: "checkpoint",
      kind: "string",
      placeholder: "file",
      group: SAFETY,
      help: "Write down here what is answered, and go on from there if it is",
    },
    failIf: {
      name: "fail-if",
      kind: "string",
      placeholder: "'p99>50ms'",
      repeatable: true,
      group: SAFETY,
      help: "Exit 99 if p50, p95, p99, max, rate or errors is above (>) or below (<) a limit",
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
    idField: {
      name: "id-field",
      kind: "string",
      placeholder: "name",
      defaultNote: "answers come in the order of the rows",
      group: ANSWERS,
      help: "Join answers to rows by a field of both, or by request_field=answer_field",
    },
    join: {
      name: "join",
      kind: "boolean",
      group: ANSWERS,
      help: "Put the columns of the input beside those of the answer",
    },
  },
  contradictions: [
    ["header", "noHeader"],
    ["follow", "loop"],
    ["ratePerSecond", "replayColumn"],
    ["checkpointPath", "loop"],
    ...CONNECTION_CONTRADICTIONS,
    ...SCHEMA_CONTRADICTIONS,
  ],
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
      command: "broker stream big.csv -o answers.csv --retry 20 --checkpoint big.checkpoint",
      help: "Outlives the server; after a crash of its own, the same command goes on",
    },
    {
      command: "broker stream log.csv --replay time --speed 60 --join",
      help: "An hour of recorded rows in a minute, as they came",
    },
    {
      command: "zcat big.csv.gz | broker stream - --no-header --on-bad-row skip",
      help: "From a pipe, without a header, passing over rows that are not measurements",
    },
    {
      command: "broker stream events.jsonl --map meta.station=station",
      help: "JSON objects, one a line; a key within an object is a column with a dot",
    },
    {
      command: "broker stream data.csv --proto model.proto --map temp=sensor1 --check",
      help: "Which column becomes which field, without sending anything",
    },
  ],
});

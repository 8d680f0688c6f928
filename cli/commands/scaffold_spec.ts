import { defineCommand } from "../command_spec.ts";
import { CONNECTION_CONTRADICTIONS, CONNECTION_FLAGS } from "./connection_flags.ts";

const SOURCE = "Source";

/** `broker scaffold`, as data: what `main.ts` needs for help without importing the generator. */
export const scaffoldSpec = defineCommand({
  name: "scaffold",
  summary: "Make a typed service and client of a .proto, a live server or a CSV file",
  description:
    "Writes a folder with handlers, a client, tests and sample data that run as they are. Run " +
    "again after a change: gen/ is rewritten, new methods are added to server.ts, nothing else of " +
    "yours is touched. Exits 1 with --check if generated files are stale.",
  positionals: {
    proto: { label: "proto", help: "The .proto file; on a terminal it is asked for" },
  },
  flags: {
    importPaths: {
      name: "import-path",
      short: "I",
      kind: "string",
      placeholder: "dir",
      repeatable: true,
      group: SOURCE,
      help: "Where imports of the .proto are looked for, beside its own folder",
    },
    fromTarget: {
      name: "from",
      kind: "string",
      placeholder: "target",
      group: SOURCE,
      help: "Ask a server for its services by reflection, in place of a .proto",
    },
    csvPath: {
      name: "from-csv",
      kind: "string",
      placeholder: "file",
      group: SOURCE,
      help: "Make a .proto from the header and the cells of a CSV file",
    },
    answerColumn: {
      name: "answer",
      kind: "string",
      placeholder: "column",
      defaultNote: "asked for on a terminal",
      group: SOURCE,
      help: "The column of --from-csv that is to be predicted; a number counts from 1",
    },
    decimal: {
      name: "decimal",
      kind: "choice",
      choices: [".", ","],
      placeholder: "c",
      defaultNote: "told from the cells",
      group: SOURCE,
      help: "The decimal mark of the numbers of --from-csv",
    },
    outPath: {
      name: "out",
      kind: "string",
      placeholder: "dir",
      defaultNote: "the base name of the .proto, or its own folder if that is a scaffold",
      help: "The folder to write",
    },
    dryRun: {
      name: "dry-run",
      kind: "boolean",
      help: "Print what would be done to each file, and write nothing",
    },
    check: {
      name: "check",
      kind: "boolean",
      help: "Write nothing, and exit 1 if generated files are stale",
    },
    force: {
      name: "force",
      kind: "boolean",
      help: "Write your files anew as well, after keeping each as .bak",
    },
    ...CONNECTION_FLAGS,
  },
  contradictions: [
    ...CONNECTION_CONTRADICTIONS,
    ["fromTarget", "csvPath"],
    ["fromTarget", "answerColumn"],
    ["fromTarget", "decimal"],
    ["dryRun", "check"],
    ["check", "force"],
  ],
  examples: [
    { command: "broker scaffold databroker.proto", help: "The folder databroker/" },
    {
      command: "broker scaffold api/v1/greeter.proto -I api --out greeter",
      help: "With imports that start from api/",
    },
    {
      command: "broker scaffold --from localhost:8061 --out client",
      help: "From a server that runs",
    },
    {
      command: "broker scaffold --from db.example:443 --tls --token-file token --out client",
      help: "From one with TLS that wants a token",
    },
    {
      command: "broker scaffold --from-csv sensors.csv --answer fault",
      help: "From data: a service that predicts the column fault",
    },
    {
      command: "broker scaffold databroker.proto --out . --check",
      help: "In CI: is gen/ up to date?",
    },
  ],
});

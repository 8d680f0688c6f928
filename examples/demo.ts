/**
 * `deno task demo`: a server on a free port, dataset/sensors.csv streamed through it, and what came back.
 *
 * Everything that `broker serve` and `broker stream` do, as a program would do it with the library.
 */
import { fileURLToPath } from "node:url";
import { Channel, RpcServer } from "../rpc/mod.ts";
import { builtinSchema, defaultStreamingMethod } from "../schema/mod.ts";
import { databrokerHandlers } from "../services/mod.ts";
import { formatSummary, type RowCall, streamRows } from "../streaming/mod.ts";
import {
  createAnswerWriter,
  createRowMapper,
  listJoinColumns,
  planColumns,
  readRows,
} from "../tabular/mod.ts";

/** Rows shown of the beginning and of the end. */
const SHOWN_ROWS = 3;

const schema = await builtinSchema();
const method = defaultStreamingMethod(schema);

const server = new RpcServer();
for (const service of schema.services) server.addService(service.definition, databrokerHandlers);
const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
if (address.kind !== "tcp") throw new Error("A TCP server has a TCP address");
const target = `127.0.0.1:${address.port}`;

const path = fileURLToPath(new URL("../dataset/sensors.csv", import.meta.url));
const file = await Deno.open(path);
const rows = await readRows(file.readable, { source: "sensors.csv", message: method.request });
const plan = planColumns({ ...rows, message: method.request });

const joined: { readonly answer: object; readonly record: { cells: string[]; line: number } }[] =
  [];
const channel = new Channel(target);
const summary = await streamRows(rows.batches, {
  kind: method.kind,
  path: method.path,
  openCalls: [() => channel.call(method.definition) as RowCall],
  mapper: createRowMapper(plan),
  maxInFlight: 4096,
  onBadRow: "stop",
  onOutcome({ answers, rows }) {
    rows.forEach((record, index) => joined.push({ answer: answers[index], record }));
    return undefined;
  },
  stop: new AbortController().signal,
  drainMs: 0,
});
channel.close();
await server.shutdown({ graceMs: 1000 });

const anomalies = joined.filter(({ answer }) => "prediction" in answer && answer.prediction);
show(`The first ${SHOWN_ROWS} predictions`, joined.slice(0, SHOWN_ROWS));
show(`The last ${SHOWN_ROWS} predictions`, joined.slice(-SHOWN_ROWS));
show(`All ${anomalies.length} anomalies`, anomalies);
for (const line of formatSummary(summary)) console.log(line);
if (summary.answered !== summary.read || anomalies.length === 0) Deno.exit(1);

function show(title: string, shown: typeof joined): void {
  const writer = createAnswerWriter("table", method.response, { join: listJoinColumns(plan) });
  const table = writer.write(
    shown.map(({ answer }) => answer),
    shown.map(({ record }) => record),
  );
  console.log(`${title}\n${table}`);
}

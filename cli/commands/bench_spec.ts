import { defineCommand } from "../command_spec.ts";
import {
  CONNECTION_CONTRADICTIONS,
  CONNECTION_FLAGS,
  SCHEMA_CONTRADICTIONS,
  SCHEMA_FLAGS,
  TARGET,
} from "./connection_flags.ts";

const LOAD = "Load";
const REQUESTS = "Requests";

/** `broker bench`, as data. */
export const benchSpec = defineCommand({
  name: "bench",
  summary: "Put a method under load and measure how fast it answers",
  description:
    "Without --rps, the next call or message leaves as soon as an answer has come: it finds out how " +
    "much a server does. With --rps, it leaves when it is due, and its latency counts from then: it " +
    "finds out how long users wait. The report goes to stdout. Exits 0 when every call went well, 1 " +
    "on a failure, 2 for a wrong command line, 3 when some calls failed or were cut off or messages " +
    "were left unanswered, 64 + code of the most frequent status when none went well, 99 when a " +
    "--fail-if failed, 130 after Ctrl-C, with the report.",
  positionals: {
    target: TARGET,
    method: { label: "method", help: "pkg.Service/Method, as --method" },
  },
  flags: {
    connections: {
      name: "connections",
      short: "c",
      kind: "integer",
      default: "1",
      minimum: 1,
      maximum: 1000,
      group: LOAD,
      help: "Connections to the server",
    },
    streams: {
      name: "streams",
      kind: "integer",
      defaultNote: "50, or 1 where the requests are a stream",
      minimum: 1,
      maximum: 100_000,
      group: LOAD,
      help: "Calls at a time on each connection (-c of ghz, -m of h2load)",
    },
    count: {
      name: "count",
      short: "n",
      kind: "integer",
      defaultNote: "no limit",
      minimum: 1,
      group: LOAD,
      help: "Calls in all, or messages where the requests are a stream",
    },
    durationMs: {
      name: "duration",
      short: "z",
      kind: "duration",
      defaultNote: "10s without --count, else no limit",
      minimum: 1,
      group: LOAD,
      help: "Time that it goes on",
    },
    perSecond: {
      name: "rps",
      kind: "number",
      defaultNote: "as fast as answers come",
      minimum: 0.001,
      maximum: 10_000_000,
      group: LOAD,
      help:
        "Calls per second, or messages where the requests are a stream, over all connections, " +
        "on an absolute schedule",
    },
    warmupMs: {
      name: "warmup",
      kind: "duration",
      default: "0",
      group: LOAD,
      help: "Time of the same load before, which is not counted",
    },
    messagesPerCall: {
      name: "messages",
      kind: "integer",
      defaultNote: "no end where both sides are streams, else 100",
      minimum: 1,
      group: LOAD,
      help: "Messages of one call, where the requests are a stream",
    },
    maxInFlight: {
      name: "max-in-flight",
      kind: "integer",
      default: "100",
      minimum: 1,
      maximum: 1_000_000,
      group: LOAD,
      help: "Messages of one call sent and not answered, where both sides are streams",
    },
    method: {
      name: "method",
      kind: "string",
      placeholder: "pkg.Service/Method",
      defaultNote: "the only method of the schema",
      group: REQUESTS,
      help: "The method to call",
    },
    data: {
      name: "data",
      short: "d",
      kind: "string",
      placeholder: "json",
      default: "{}",
      group: REQUESTS,
      help: "The request as JSON; @file or @ (stdin) reads it from there; several are sent in turn",
    },
    failIf: {
      name: "fail-if",
      kind: "string",
      placeholder: "'p99>50ms'",
      repeatable: true,
      help: "Exit 99 if p50, p95, p99, max, rate or errors is above (>) or below (<) a limit",
    },
    format: {
      name: "format",
      short: "O",
      kind: "choice",
      choices: ["text", "json"],
      default: "text",
      help: "How the report is written",
    },
    ...CONNECTION_FLAGS,
    maxTimeMs: { ...CONNECTION_FLAGS.maxTimeMs, help: "Deadline of each call" },
    ...SCHEMA_FLAGS,
  },
  contradictions: [...CONNECTION_CONTRADICTIONS, ...SCHEMA_CONTRADICTIONS],
  examples: [
    {
      command: "broker bench localhost:8061 pkg.Service/Method -d @request.json",
      help: "How much it does: 50 calls at a time for 10 s",
    },
    {
      command: "broker bench localhost:8061 --method Method --rps 2000 -z 1m --warmup 5s",
      help: "How long users wait at 2000 calls/s, without looking away while it stalls",
    },
    {
      command: "broker bench --method Method --rps 500 --fail-if 'p99>50ms'",
      help: "For CI: exits 99 when one user in a hundred waits longer than 50 ms",
    },
    {
      command: "broker bench -c 4 --streams 8 --max-in-flight 1 -O json",
      help: "Round trips of 32 streams to the databroker on localhost, as JSON",
    },
  ],
});

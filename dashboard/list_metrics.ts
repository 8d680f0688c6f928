import type { CalledMethod } from "../rpc/mod.ts";
import { DURATION_BOUNDS_SECONDS } from "./call_statistics.ts";
import type { MetricJson } from "./server_watch.ts";
import {
  type MethodStats,
  type StatsSnapshot,
  sumTraffic,
  UNKNOWN_METHOD,
} from "./stats_snapshot.ts";

type Values = MetricJson["values"];
type Labels = Values[number]["labels"];

/** When the process began, in s since 1970. */
const PROCESS_STARTED_SECONDS = performance.timeOrigin / 1000;

/**
 * The metrics of a server, named as the gRPC middleware of Go and Java name theirs, so that dashboards fit.
 *
 * @param methods by path; what is none of them is `unknown`
 */
export function listMetrics(
  snapshot: StatsSnapshot,
  methods: ReadonlyMap<string, CalledMethod>,
): MetricJson[] {
  const labelled = snapshot.methods.map((stats) => ({ stats, labels: labelsOf(stats, methods) }));
  const each = (value: (stats: MethodStats) => number): Values =>
    labelled.map(({ stats, labels }) => ({ value: value(stats), labels }));
  return [
    counter(
      "grpc_server_started_total",
      "Calls that began on the server.",
      each(({ started }) => started),
    ),
    counter(
      "grpc_server_handled_total",
      "Calls that ended on the server, whatever their status.",
      labelled.flatMap(({ stats, labels }) =>
        Object.entries(stats.codes).map(([code, value]) => ({
          value,
          labels: { ...labels, grpc_code: code },
        }))
      ),
    ),
    counter(
      "grpc_server_msg_received_total",
      "Messages that the server read.",
      each(({ received }) => received.messages),
    ),
    counter(
      "grpc_server_msg_sent_total",
      "Messages that the server wrote.",
      each(({ sent }) => sent.messages),
    ),
    {
      name: "grpc_server_handling_seconds",
      help: "How long calls took, from their head to their status.",
      type: "histogram",
      aggregator: "sum",
      values: labelled.flatMap(({ stats, labels }) => histogramValues(stats, labels)),
    },
    ...listServerMetrics(snapshot),
    ...listProcessMetrics(snapshot),
  ];
}

function listServerMetrics(snapshot: StatsSnapshot): MetricJson[] {
  const { connections, streams, running, methods } = snapshot;
  return [
    gauge("broker_connections", "Connections that are open.", connections),
    gauge("broker_streams", "HTTP/2 streams that are open.", streams),
    gauge(
      "broker_handlers_running",
      "Handlers that run, those of calls that ended among them.",
      running,
    ),
    counter(
      "broker_received_bytes_total",
      "Octets of messages that came, with their prefixes, as they travelled.",
      one(sumTraffic(methods, "received").octets),
    ),
    counter(
      "broker_sent_bytes_total",
      "Octets of messages that left, with their prefixes, as they travelled.",
      one(sumTraffic(methods, "sent").octets),
    ),
    gauge(
      "broker_event_loop_lag_seconds",
      "The longest time by which a timer came late within the last second.",
      snapshot.eventLoopLagMs / 1000,
      "max",
    ),
    gauge("broker_heap_bytes", "JavaScript heap in use.", snapshot.memory.heapOctets),
  ];
}

/** Those of the process, by the names that every client library of Prometheus gives them. */
function listProcessMetrics({ memory }: StatsSnapshot): MetricJson[] {
  return [
    gauge(
      "process_resident_memory_bytes",
      "Resident memory size in bytes.",
      memory.rssOctets,
      "max",
    ),
    gauge(
      "process_start_time_seconds",
      "Start time of the process since unix epoch in seconds.",
      PROCESS_STARTED_SECONDS,
      "min",
    ),
  ];
}

function labelsOf({ path }: MethodStats, methods: ReadonlyMap<string, CalledMethod>): Labels {
  const method = methods.get(path);
  if (method === undefined) {
    return {
      grpc_type: UNKNOWN_METHOD,
      grpc_service: UNKNOWN_METHOD,
      grpc_method: UNKNOWN_METHOD,
    };
  }
  const slash = path.lastIndexOf("/");
  return {
    grpc_type: typeOf(method),
    grpc_service: path.slice(1, slash),
    grpc_method: path.slice(slash + 1),
  };
}

function typeOf({ requestStream, responseStream }: CalledMethod): string {
  if (requestStream) return responseStream ? "bidi_stream" : "client_stream";
  return responseStream ? "server_stream" : "unary";
}

function histogramValues(stats: MethodStats, labels: Labels): Values {
  const name = "grpc_server_handling_seconds";
  let count = 0;
  const buckets = stats.durationCounts.map((own, index) => {
    count += own;
    const le = DURATION_BOUNDS_SECONDS[index] ?? "+Inf";
    return { value: count, labels: { le, ...labels }, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { value: stats.durationSumSeconds, labels, metricName: `${name}_sum` },
    { value: count, labels, metricName: `${name}_count` },
  ];
}

function counter(name: string, help: string, values: Values): MetricJson {
  return { name, help, type: "counter", aggregator: "sum", values };
}

function gauge(
  name: string,
  help: string,
  value: number,
  aggregator: MetricJson["aggregator"] = "sum",
): MetricJson {
  return { name, help, type: "gauge", aggregator, values: one(value) };
}

function one(value: number): Values {
  return [{ value, labels: {} }];
}

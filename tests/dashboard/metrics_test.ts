/** `/metrics`, `/healthz`, `/readyz`. */
import assert from "node:assert/strict";
import type { Readiness } from "../../dashboard/dashboard_options.ts";
import { temporaryFolder } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";
import { type Line, startPage, STATION } from "./support.ts";

/** The value of a metric with exactly these labels; undefined if it has none. */
function valueOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}) {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  for (const line of text.split("\n")) {
    const [, found, inside = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (found !== name) continue;
    const parts = inside === "" ? [] : inside.split(",");
    if (parts.length === wanted.length && wanted.every((part) => parts.includes(part))) {
      return Number(value);
    }
  }
  return undefined;
}

const ECHO = { grpc_type: "unary", grpc_service: "station.v1.Station", grpc_method: "Echo" };
const CHAT = { grpc_type: "bidi_stream", grpc_service: "station.v1.Station", grpc_method: "Chat" };

async function startCalls() {
  const page = await startPage();
  for (let count = 0; count < 3; count++) {
    await page.call({ method: `${STATION}/Echo`, messages: [{ sentId: "1" }] });
  }
  await page.call({ method: `${STATION}/Refuse`, messages: [{}] });
  await page.call({ method: `${STATION}/Chat`, messages: [{ number: 1 }, { number: 2 }] });
  const [{ definition }] = page.schema.services.flatMap(({ methods }) => methods);
  for (const path of ["/a.B/C", '/x"/y', "/d.E/F"]) {
    await page.channel.call({ ...definition, path }).status;
  }
  return page;
}

Deno.test("/metrics counts calls, messages, durations and octets under the names of the field", async () => {
  await using page = await startCalls();
  const response = await page.get("/metrics");
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  const rows: [name: string, labels: Record<string, string>, value: number | undefined][] = [
    ["grpc_server_started_total", ECHO, 3],
    ["grpc_server_handled_total", { ...ECHO, grpc_code: "OK" }, 3],
    [
      "grpc_server_handled_total",
      { ...ECHO, grpc_method: "Refuse", grpc_code: "ALREADY_EXISTS" },
      1,
    ],
    ["grpc_server_msg_received_total", CHAT, 2],
    ["grpc_server_msg_sent_total", CHAT, 2],
    ["grpc_server_started_total", { ...ECHO, grpc_method: "Mirror" }, 0],
    ["grpc_server_handling_seconds_count", ECHO, 3],
    ["grpc_server_handling_seconds_bucket", { ...ECHO, le: "+Inf" }, 3],
    ["grpc_server_handling_seconds_bucket", { ...ECHO, le: "60" }, 3],
    ["broker_streams", {}, 0],
    ["broker_handlers_running", {}, 0],
  ];
  for (const [name, labels, value] of rows) {
    assert.equal(valueOf(text, name, labels), value, `${name} ${JSON.stringify(labels)}`);
  }
  for (
    const name of [
      "broker_received_bytes_total",
      "broker_sent_bytes_total",
      "broker_heap_bytes",
      "process_resident_memory_bytes",
      "process_start_time_seconds",
    ]
  ) {
    assert.ok((valueOf(text, name) ?? 0) > 0, name);
  }
  assert.ok((valueOf(text, "broker_event_loop_lag_seconds") ?? -1) >= 0);
  const startedSeconds = valueOf(text, "process_start_time_seconds") ?? 0;
  assert.ok(Math.abs(startedSeconds - Date.now() / 1000) < 3600);
});

Deno.test("Names that clients make up do not become labels", async () => {
  await using page = await startCalls();
  const text = await (await page.get("/metrics")).text();
  const unknown = { grpc_type: "unknown", grpc_service: "unknown", grpc_method: "unknown" };
  assert.equal(valueOf(text, "grpc_server_started_total", unknown), 3);
  assert.equal(
    valueOf(text, "grpc_server_handled_total", { ...unknown, grpc_code: "UNIMPLEMENTED" }),
    3,
  );
  assert.ok(!text.includes("a.B"));
});

Deno.test("Buckets of durations grow, and end with all calls", async () => {
  await using page = await startCalls();
  const text = await (await page.get("/metrics")).text();
  const counts = text.split("\n")
    .filter((line) =>
      line.startsWith("grpc_server_handling_seconds_bucket") && line.includes('"Echo"')
    )
    .map((line) => Number(line.slice(line.lastIndexOf(" "))));
  assert.equal(counts.length, 20);
  assert.deepEqual(counts, [...counts].sort((left, right) => left - right));
  assert.equal(counts.at(-1), 3);
});

async function hasPromtool(): Promise<boolean> {
  try {
    return (await new Deno.Command("promtool", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

const isMissing = !await hasPromtool();
if (isMissing) {
  console.log("Skipped: promtool is not installed (Debian: apt-get install prometheus)");
}

/** Runs promtool with a file of this text; where the command says FILE. */
async function promtool(command: string, text: string): Promise<void> {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/file.yml`;
  await Deno.writeTextFile(file, text);
  const shell = `promtool ${command.replace("FILE", file)}`;
  const { code, stdout, stderr } = await runProgram(["sh", "-c", shell]);
  assert.equal(code, 0, stdout + stderr);
  assert.equal(stderr, "");
}

Deno.test({
  name: "promtool check metrics has nothing to say",
  ignore: isMissing,
  async fn() {
    await using page = await startCalls();
    await promtool("check metrics < FILE", await (await page.get("/metrics")).text());
  },
});

/** What Grafana asks Prometheus for, its variables filled in. */
async function readQueries(): Promise<string[]> {
  const { panels } = JSON.parse(await Deno.readTextFile(repositoryPath("docs/grafana.json")));
  const targets: { readonly expr: string }[] = panels.flatMap((panel: Line) => panel.targets);
  return targets.map(({ expr }) =>
    expr.replaceAll("$__rate_interval", "1m").replaceAll(/\$\w+/g, ".*")
  );
}

Deno.test("docs/grafana.json asks for metrics that there are", async () => {
  await using page = await startCalls();
  const text = await (await page.get("/metrics")).text();
  const queries = await readQueries();
  assert.ok(queries.length > 15);
  const asked = new Set(
    queries.flatMap((query) => query.match(/\b(?:grpc_server|broker|process)_\w+(?=\{)/g) ?? []),
  );
  assert.ok(asked.size >= 12, [...asked].join());
  for (const name of asked) assert.ok(text.includes(`\n${name}`), name);
});

Deno.test({
  name: "docs/grafana.json asks in PromQL",
  ignore: isMissing,
  async fn() {
    const rules = (await readQueries()).map((expr, index) => ({ record: `panel:${index}`, expr }));
    await promtool("check rules FILE", JSON.stringify({ groups: [{ name: "panels", rules }] }));
  },
});

Deno.test("/healthz lives as long as the process, /readyz as long as the server takes calls", async () => {
  let readiness: Readiness = "ready";
  await using page = await startPage({ readiness: () => readiness });
  const ask = async (path: string) => {
    const response = await page.get(path);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await ask("/healthz"), [200, "alive\n"]);
  assert.deepEqual(await ask("/readyz"), [200, "ready\n"]);
  for (readiness of ["starting", "stopping"] as const) {
    assert.deepEqual(await ask("/healthz"), [200, "alive\n"]);
    assert.deepEqual(await ask("/readyz"), [503, `${readiness}\n`]);
  }
});

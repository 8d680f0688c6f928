import assert from "node:assert/strict";

/** Folders and commands from the bottom up; a file may import from its own rank or below (docs: DESIGN.md, Layout). */
const RANKS = {
  "rpc/http2": 0,
  "rpc": 1,
  "schema": 2,
  "tabular": 3,
  "services": 3,
  "interceptors": 3,
  "certificates": 3,
  "codegen": 3,
  "json": 3,
  "cli": 3,
  "connecting": 4,
  "inspecting": 4,
  "calling": 4,
  "loading": 4,
  "streaming": 4,
  "scaffolding": 4,
  "dashboard": 4,
  "serving": 5,
  "command": 6,
  // The generator of the data set belongs to no layer: it imports nothing, and only tests import it.
  "dataset": 7,
} as const satisfies Record<string, number>;

type Layer = keyof typeof RANKS;

/** Files at the root that are commands, or the library's front door. */
const COMMAND_FILES = [
  "main.ts",
  "server.ts",
  "client.ts",
  "scaffold.ts",
  "cert.ts",
  "bench.ts",
  "call.ts",
  "list.ts",
  "describe.ts",
  "health.ts",
  "mod.ts",
];

/** Not part of the program: they import whatever they like, but for `jsr:`. */
const OUTSIDE = ["tests", "bench", "examples", "docs", "release"];
const SKIPPED = ["node_modules", "dist", ".git", ".ci"];

/** One import. */
interface ImportEdge {
  /** Path from the root of the repository. */
  readonly from: string;
  /** Path from the root for a file of the repository; otherwise the specifier: `npm:…`, `node:…`. */
  readonly to: string;
  /** False for `import type`, which is gone at run time. */
  readonly atRunTime: boolean;
}

/** Says what is wrong with an edge; undefined when nothing is. */
function judgeEdge({ from, to, atRunTime }: ImportEdge): string | undefined {
  const edge = `${from} imports ${to}`;
  if (/^(jsr:|https?:)/.test(to)) return `${edge}: nothing may be imported from there`;
  if (OUTSIDE.includes(folderOf(from))) return undefined;
  const fromLayer = layerOf(from);
  if (fromLayer === undefined) return `${from} belongs to no layer: add its folder to RANKS`;
  const isPackage = /^[a-z]+:/.test(to);
  if (isPackage) {
    const isOurs = to.startsWith("node:") || !atRunTime;
    const mustBeBare = fromLayer === "rpc" || fromLayer === "rpc/http2" || fromLayer === "cli";
    return mustBeBare && !isOurs
      ? `${edge}: ${fromLayer} must not import packages at run time`
      : undefined;
  }
  if (to.endsWith(".json")) return undefined;
  const toLayer = layerOf(to);
  if (toLayer === undefined) return `${edge}: ${to} belongs to no layer`;
  if (RANKS[toLayer] > RANKS[fromLayer]) {
    return `${edge}: ${fromLayer} must not import from ${toLayer}, which lies above it`;
  }
  if (fromLayer === "cli" && toLayer !== "cli") {
    return `${edge}: cli must not import from another layer`;
  }
  return undefined;
}

function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
}

function layerOf(path: string): Layer | undefined {
  if (COMMAND_FILES.includes(path)) return "command";
  if (path.startsWith("rpc/http2/")) return "rpc/http2";
  const folder = folderOf(path);
  return Object.keys(RANKS).find((layer): layer is Layer => layer === folder);
}

const ROOT = new URL("../", import.meta.url);

/** Paths from the root of every .ts file under a folder (`""` or with a slash at its end). */
async function listSources(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    const path = folder + entry.name;
    if (entry.isDirectory && !SKIPPED.includes(entry.name)) {
      paths.push(...await listSources(`${path}/`));
    } else if (entry.isFile && entry.name.endsWith(".ts")) {
      paths.push(path);
    }
  }
  return paths.sort();
}

/** What `deno info --json` says of an import. */
interface Resolution {
  readonly specifier?: string;
}

interface ModuleGraph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      /** Absent for `import type`. */
      readonly code?: Resolution;
      readonly type?: Resolution;
    }[];
  }[];
}

/**
 * The imports of files, read by Deno's own parser: `deno info` on a file that imports them all.
 *
 * It tells types from code, sees `import()`, and is not misled by imports in comments or in the text of templates.
 */
async function readImports(paths: readonly string[]): Promise<ImportEdge[]> {
  const entryPath = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const imports = paths.map((path) => `import ${JSON.stringify(new URL(path, ROOT).href)};\n`);
    await Deno.writeTextFile(entryPath, imports.join(""));
    const config = new URL("deno.json", ROOT).pathname;
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: [
        "info",
        "--json",
        "--no-remote",
        "--no-npm",
        "--no-lock",
        "--config",
        config,
        entryPath,
      ],
      signal: AbortSignal.timeout(60_000),
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return edgesOf(JSON.parse(new TextDecoder().decode(stdout)));
  } finally {
    await Deno.remove(entryPath);
  }
}

function edgesOf(graph: ModuleGraph): ImportEdge[] {
  const edges: ImportEdge[] = [];
  for (const { specifier: from, dependencies = [] } of graph.modules) {
    if (!from.startsWith(ROOT.href)) continue;
    for (const { specifier, code, type } of dependencies) {
      const to = code?.specifier ?? type?.specifier ?? specifier;
      edges.push({ from: toPath(from), to: toPath(to), atRunTime: code !== undefined });
    }
  }
  return edges;
}

function toPath(specifier: string): string {
  return specifier.startsWith(ROOT.href) ? specifier.slice(ROOT.href.length) : specifier;
}

Deno.test("every import of the repository goes down, or stays in its rank", async () => {
  const paths = await listSources("");
  const edges = await readImports(paths);
  const importers = new Set(edges.map(({ from }) => from));
  assert.ok(importers.has("main.ts") && importers.has("cli/mod.ts"), "the graph was not read");
  const strangers = paths.filter((path) =>
    !OUTSIDE.includes(folderOf(path)) && layerOf(path) === undefined
  );
  assert.deepEqual(strangers, [], "files that belong to no layer: add their folder to RANKS");
  const faults = edges.map(judgeEdge).filter((fault) => fault !== undefined);
  assert.deepEqual(faults, [], faults.join("\n"));
});

Deno.test("no name in deno.json stands for a package of jsr:", async () => {
  const config = await Deno.readTextFile(new URL("deno.json", ROOT));
  assert.ok(!config.includes("jsr:"));
});

Deno.test("judgeEdge() names what is wrong with an import", () => {
  const rows: [from: string, to: string, atRunTime: boolean, fault: RegExp | undefined][] = [
    ["main.ts", "cli/mod.ts", true, undefined],
    ["main.ts", "server.ts", true, undefined],
    ["server.ts", "rpc/http2/frame.ts", true, undefined],
    ["services/mod.ts", "schema/mod.ts", true, undefined],
    ["rpc/server.ts", "rpc/http2/mod.ts", true, undefined],
    ["rpc/server.ts", "node:zlib", true, undefined],
    ["rpc/adapter.ts", "npm:@grpc/grpc-js@1.14.7", false, undefined],
    ["schema/load.ts", "npm:@grpc/proto-loader@0.8.1", true, undefined],
    ["cli/version.ts", "deno.json", true, undefined],
    ["tests/a_test.ts", "server.ts", true, undefined],
    [
      "rpc/http2/frame.ts",
      "rpc/status.ts",
      true,
      /^rpc\/http2\/frame\.ts imports rpc\/status\.ts: /,
    ],
    ["rpc/http2/frame.ts", "rpc/status.ts", false, /rpc\/http2 must not import from rpc, which/],
    ["rpc/server.ts", "schema/mod.ts", true, /rpc must not import from schema, which lies above/],
    ["schema/load.ts", "tabular/mod.ts", true, /schema must not import from tabular/],
    ["services/mod.ts", "server.ts", true, /services must not import from command/],
    ["cli/talk.ts", "main.ts", true, /cli must not import from command/],
    ["cli/talk.ts", "tabular/mod.ts", true, /cli must not import from another layer/],
    ["cli/talk.ts", "rpc/status.ts", true, /cli must not import from another layer/],
    ["cli/talk.ts", "npm:yargs@1", true, /cli must not import packages at run time/],
    ["rpc/adapter.ts", "npm:@grpc/grpc-js@1.14.7", true, /rpc must not import packages/],
    ["server.ts", "dataset/generate.ts", true, /command must not import from dataset/],
    ["odd/file.ts", "rpc/status.ts", true, /^odd\/file\.ts belongs to no layer/],
    ["server.ts", "tests/support/peer.ts", true, /tests\/support\/peer\.ts belongs to no layer/],
    ["server.ts", "jsr:@std/csv", true, /nothing may be imported from there/],
    ["tests/a_test.ts", "jsr:@std/assert", true, /nothing may be imported from there/],
    ["rpc/server.ts", "https://deno.land/x.ts", false, /nothing may be imported from there/],
  ];
  for (const [from, to, atRunTime, fault] of rows) {
    const judged = judgeEdge({ from, to, atRunTime });
    if (fault === undefined) assert.equal(judged, undefined);
    else assert.match(judged ?? "no fault", fault);
  }
});

Deno.test("edgesOf() tells types from code and finds dynamic imports", () => {
  const file = (path: string) => new URL(path, ROOT).href;
  const graph: ModuleGraph = {
    modules: [
      {
        specifier: file("rpc/a.ts"),
        dependencies: [
          { specifier: "./b.ts", code: { specifier: file("rpc/b.ts") } },
          { specifier: "@grpc/grpc-js", type: { specifier: "npm:@grpc/grpc-js@1.14.7" } },
          { specifier: "unknown", code: {} },
        ],
      },
      { specifier: "npm:/@grpc/grpc-js@1.14.7" },
    ],
  };
  assert.deepEqual(edgesOf(graph), [
    { from: "rpc/a.ts", to: "rpc/b.ts", atRunTime: true },
    { from: "rpc/a.ts", to: "npm:@grpc/grpc-js@1.14.7", atRunTime: false },
    { from: "rpc/a.ts", to: "unknown", atRunTime: true },
  ]);
});

import { V8_FLAGS } from "../release/v8_flags.ts";
import { repositoryPath } from "../tests/support/paths.ts";

/** A gRPC stack under comparison: one row here, one folder in bench/peers. Commands run in the built folder. */
export interface BenchPeer {
  /** What `--peers` takes. */
  readonly key: string;
  readonly name: string;
  /** Of bench/peers; its program `build` makes what the commands need, and a file `version`. */
  readonly folder: string;
  /** Programs and files without which it cannot be built, with what brings them. */
  readonly needs: Readonly<Record<string, string>>;
  /** What it is told beside its defaults. */
  readonly settings: string;
  /** Serves databroker.proto and bench.proto; takes `--tls DIR`, prints `listening PORT`. */
  readonly server: readonly string[];
  /** From CSV to CSV with this stack alone. */
  readonly csv?: CsvPair;
}

export interface CsvPair {
  /** As `server` where it is not the same. */
  readonly server?: readonly string[];
  /** What follows are the target, the input and the output. */
  readonly client: readonly string[];
  /** Rows of one run: some seconds' work. */
  readonly rows: number;
}

const DENO = [Deno.execPath(), "run", `--v8-flags=${V8_FLAGS}`, "-A"];
const BROKER = [...DENO, repositoryPath("main.ts")];
const PYTHON = "/usr/bin/python3";
const PYTHON_NEEDS = { "/usr/lib/python3/dist-packages/grpc_tools": "python3-grpc-tools" };
const CPP_NEEDS = {
  "g++": "g++",
  "protoc": "protobuf-compiler",
  "grpc_cpp_plugin": "protobuf-compiler-grpc",
  "/usr/include/grpcpp/grpcpp.h": "libgrpc++-dev",
};
const JS_NEEDS = { npm: "npm", npx: "npm" };

/** Ours comes first; it is what the others are compared with. */
export const BENCH_PEERS: readonly BenchPeer[] = [{
  key: "ours",
  name: "broker",
  folder: "ours",
  needs: {},
  settings: "defaults; V8 as `deno task broker` starts it; `answerEach()` for streams",
  server: [...DENO, "server.ts"],
  csv: {
    server: [
      ...BROKER,
      "serve",
      repositoryPath("proto/databroker.proto"),
      ...["--handlers", repositoryPath("bench/peers/ours/handlers.ts")],
      ...["--host", "127.0.0.1", "--port", "0", "--web-port", "0"],
    ],
    client: [...BROKER, "stream", "--quiet"],
    rows: 2_000_000,
  },
}, {
  key: "grpc-js",
  name: "grpc-js on Node",
  folder: "grpc_js",
  needs: JS_NEEDS,
  settings: "defaults",
  server: ["./node", "server.mjs"],
}, {
  key: "grpc-js-deno",
  name: "grpc-js on Deno",
  folder: "grpc_js",
  needs: JS_NEEDS,
  settings: "defaults; Deno 2.9.3, as later ones abort in node:http2",
  server: ["./deno", "run", "-A", "server.mjs"],
}, {
  key: "grpcio",
  name: "grpcio",
  folder: "grpcio",
  needs: PYTHON_NEEDS,
  settings: "128 threads, as each stream holds one",
  server: [PYTHON, "sync_server.py"],
  csv: { client: [PYTHON, "client.py"], rows: 40_000 },
}, {
  key: "grpcio-asyncio",
  name: "grpcio asyncio",
  folder: "grpcio",
  needs: PYTHON_NEEDS,
  settings: "defaults",
  server: [PYTHON, "asyncio_server.py"],
  csv: { client: [PYTHON, "client.py"], rows: 40_000 },
}, {
  key: "cpp",
  name: "C++ sync",
  folder: "cpp",
  needs: CPP_NEEDS,
  settings: "g++ -O2; defaults: the library's own pool of threads",
  server: ["./server", "sync"],
  csv: { client: ["./client"], rows: 400_000 },
}, {
  key: "cpp-callback",
  name: "C++ callback",
  folder: "cpp",
  needs: CPP_NEEDS,
  settings: "g++ -O2; defaults: the library's own event engine",
  server: ["./server", "callback"],
  csv: { client: ["./client"], rows: 400_000 },
}, {
  key: "go",
  name: "grpc-go",
  folder: "go",
  needs: { go: "Go 1.26", protoc: "protobuf-compiler" },
  settings: "defaults",
  server: ["./server"],
}, {
  key: "tonic",
  name: "tonic",
  folder: "tonic",
  needs: { cargo: "Rust", protoc: "protobuf-compiler" },
  settings: "release with LTO; Tokio's multi-threaded runtime; `bytes` without copies",
  server: ["./server"],
}];

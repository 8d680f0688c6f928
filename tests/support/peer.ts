/** Another gRPC implementation that runs the server and the client of tests/peers/interop.proto. */
export interface Peer {
  readonly name: "node" | "python";
  /** The interpreter itself, not a launcher, so that a spawned peer can be ended by its own pid. */
  readonly executable: string;
  readonly serverScript: string;
  readonly clientScript: string;
  /** Whether the server knows `--gzip`; grpc-js 1.14 never compresses an answer. */
  readonly compressesAnswers: boolean;
}

/** The `buf` program; its `buf curl` is a gRPC client on grpc-go's HTTP/2. */
export interface BufPeer {
  readonly name: "buf";
  readonly executable: string;
}

/** A peer that this machine cannot run, and why. */
export interface Missing {
  readonly missing: string;
}

export function isMissing(peer: object): peer is Missing {
  return "missing" in peer;
}

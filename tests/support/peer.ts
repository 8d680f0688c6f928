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

/** TLS of a peer: the folder has what `broker cert --client …` writes. */
export interface PeerTls {
  readonly folder: string;
  /** Ask clients for a certificate, or show one. Default false. */
  readonly isMutual?: boolean;
}

/** The arguments of a peer's server or client that stand for `tls`. */
export function tlsArguments(tls: PeerTls | undefined): string[] {
  return tls === undefined ? [] : [tls.isMutual ? "--mutual-tls" : "--tls", tls.folder];
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

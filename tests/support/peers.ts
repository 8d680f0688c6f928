/**
 * Other gRPC implementations for interop tests: find them, start their servers, run their clients.
 *
 * @module
 */
export * from "./find_peers.ts";
export * from "./peer.ts";
export * from "./peer_client.ts";
export * from "./peer_server.ts";
export * from "./test_with_peers.ts";
export * from "./with_timeout.ts";

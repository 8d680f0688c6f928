// TLS of the peers: `--tls DIR` or `--mutual-tls DIR`, where DIR has the files that `broker cert` writes. Plain without.
import grpc from "@grpc/grpc-js";
import { readFileSync } from "node:fs";
import process from "node:process";

function readOptions() {
  const at = process.argv.findIndex((word) => /^--(mutual-)?tls$/.test(word));
  if (at < 0) return undefined;
  const folder = process.argv[at + 1];
  return {
    isMutual: process.argv[at] === "--mutual-tls",
    read: (name) => readFileSync(`${folder}/${name}`),
  };
}

export function serverCredentials() {
  const options = readOptions();
  if (options === undefined) return grpc.ServerCredentials.createInsecure();
  const { isMutual, read } = options;
  const pair = { cert_chain: read("server.crt"), private_key: read("server.key") };
  return grpc.ServerCredentials.createSsl(isMutual ? read("ca.crt") : null, [pair], isMutual);
}

export function clientCredentials() {
  const options = readOptions();
  if (options === undefined) return grpc.credentials.createInsecure();
  const { isMutual, read } = options;
  const own = isMutual ? [read("client.key"), read("client.crt")] : [];
  return grpc.credentials.createSsl(read("ca.crt"), ...own);
}

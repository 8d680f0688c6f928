import { defineCommand } from "../command_spec.ts";

/** `broker cert`, as data: what `main.ts` needs for help without importing the X.509 library. */
export const certSpec = defineCommand({
  name: "cert",
  summary: "Make the certificates for TLS and mutual TLS",
  description:
    "Makes an authority, a server's certificate signed by it and, with --client, a client's: " +
    "ca.crt, ca.key, server.crt, server.key, client.crt, client.key. Keys are readable by you " +
    "only. Servers and clients need ca.crt, never ca.key: whoever has that can sign. With --ca, " +
    "an authority made before signs one more certificate: the client's with --client, the " +
    "server's without it or with --hosts. An authority counts for ten years, or for --days if " +
    "that is longer.",
  positionals: {},
  flags: {
    outPath: {
      name: "out",
      kind: "string",
      placeholder: "dir",
      default: "certs",
      help: "Folder for the files; made if it is not there",
    },
    hosts: {
      name: "hosts",
      kind: "string",
      placeholder: "names",
      default: "localhost,127.0.0.1",
      help: "Names and IP addresses that clients reach the server by, separated by commas",
    },
    client: {
      name: "client",
      kind: "string",
      placeholder: "name",
      help: "Also make a client's certificate, with this name in it",
    },
    days: {
      name: "days",
      kind: "integer",
      default: "365",
      minimum: 1,
      maximum: 36_500,
      help: "How long the certificates count, from now",
    },
    caPath: {
      name: "ca",
      kind: "string",
      placeholder: "dir",
      defaultNote: "make a new authority",
      help: "Folder with the ca.crt and ca.key that sign",
    },
    force: {
      name: "force",
      kind: "boolean",
      help: "Write over files that are there",
    },
  },
  examples: [
    {
      command: "broker cert --out certs --hosts broker.example,10.0.0.7",
      help: "An authority, and a server's certificate for a name and an address",
    },
    {
      command: "broker cert --out certs --client alice",
      help: "The same for this machine, with a client's certificate for mutual TLS",
    },
    {
      command: "broker cert --ca certs --out bob --client bob",
      help: "One more client, signed by the same authority",
    },
    {
      command: "broker cert --ca certs --out certs --hosts broker.example --force",
      help: "A new server's certificate before the old one expires",
    },
  ],
});

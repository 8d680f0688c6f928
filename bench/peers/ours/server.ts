/** Our engine as a peer: `server.ts [--tls DIR]` prints `listening PORT` and ends with its stdin. All defaults. */
import { listenTls, RpcServer } from "../../../rpc/mod.ts";
import { loadSchema } from "../../../schema/mod.ts";
import { repositoryPath } from "../../../tests/support/paths.ts";
import { BidirectionalStreaming } from "./handlers.ts";

const handlers = {
  BidirectionalStreaming,
  Predict: ({ id }: { readonly id: number }) => ({ id, prediction: id % 2 === 0 }),
  async *Echo(blocks: AsyncIterable<object>) {
    yield* blocks;
  },
};

const protos = [
  repositoryPath("proto/databroker.proto"),
  repositoryPath("bench/peers/bench.proto"),
];
const schema = await loadSchema(protos, { importPaths: [repositoryPath("proto")] });
const server = new RpcServer();
for (const { definition } of schema.services) {
  const methods = Object.keys(definition);
  const own = Object.entries(handlers).filter(([name]) => methods.includes(name));
  server.addService(definition, Object.fromEntries(own));
}

const loopback = { kind: "tcp", hostname: "127.0.0.1", port: 0 } as const;
const [option, folder] = Deno.args;
const address = option === "--tls"
  ? server.listenOn(
    await listenTls(loopback, {
      certificate: Deno.readTextFileSync(`${folder}/server.crt`),
      privateKey: Deno.readTextFileSync(`${folder}/server.key`),
    }),
  )
  : server.listen(loopback);
if (address.kind === "tcp") console.log(`listening ${address.port}`);
for await (const _chunk of Deno.stdin.readable) { /* until the parent closes it */ }
server.close();

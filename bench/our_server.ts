/** Our server with the same handler as the peers: prints `listening PORT`, ends with its stdin. */
import { RpcServer } from "../rpc/mod.ts";
import { builtinSchema } from "../schema/mod.ts";
import type { BrokerRequest, BrokerResponse } from "../services/mod.ts";

const schema = await builtinSchema();
const server = new RpcServer();
for (const service of schema.services) {
  server.addService(service.definition, {
    async *BidirectionalStreaming(
      requests: AsyncIterable<BrokerRequest>,
    ): AsyncGenerator<BrokerResponse> {
      for await (const { id } of requests) yield { id, prediction: id % 2 === 0 };
    },
  });
}
const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
if (address.kind === "tcp") console.log(`listening ${address.port}`);
for await (const _chunk of Deno.stdin.readable) { /* until the parent closes it */ }
server.close();

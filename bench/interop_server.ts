/** Our server with Unary of tests/peers/interop.proto as the peers have it: prints `listening PORT`, ends with stdin. */
import { RpcServer } from "../rpc/mod.ts";
import { loadSchema } from "../schema/mod.ts";
import { repositoryPath } from "../tests/support/paths.ts";

interface Measurement {
  readonly id: number;
  readonly padding: Uint8Array;
}

const schema = await loadSchema([repositoryPath("tests/peers/interop.proto")], { importPaths: [] });
const server = new RpcServer();
for (const service of schema.services) {
  server.addService(service.definition, {
    Unary: ({ id, padding }: Measurement) => ({ id, prediction: id % 2 === 0, padding }),
  });
}
const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
if (address.kind === "tcp") console.log(`listening ${address.port}`);
for await (const _chunk of Deno.stdin.readable) { /* until the parent closes it */ }
server.close();

// Two services that the gRPC project wrote for grpc-js, unchanged, on our server through fromGrpcJs().
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";
import assert from "node:assert/strict";
import {
  Channel,
  formatAddress,
  type MethodDefinition,
  RpcServer,
  type ServiceDefinition,
  Status,
} from "../../rpc/mod.ts";
import { fromGrpcJs } from "../../rpc/from_grpc_js.ts";
import { LOADER_OPTIONS, reflectionMethod } from "../../schema/mod.ts";
import { HEALTH_DEFINITION } from "../../services/health_definition.ts";
import { repositoryPath } from "../support/paths.ts";
import { withTimeout } from "../support/with_timeout.ts";

const TIMEOUT_MS = 10_000;

/** What both packages take for a grpc-js server. */
interface Mountable {
  addToServer(server: { addService(definition: object, implementation: object): void }): void;
}

/** A server of ours with nothing but what such a package mounts. */
async function withMounted(
  mountable: unknown,
  use: (channel: Channel) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const server = new RpcServer({ onHandlerError: (error) => failures.push(error) });
  (mountable as Mountable).addToServer({
    addService(definition, implementation) {
      const service = definition as ServiceDefinition;
      const handlers = fromGrpcJs(implementation as UntypedServiceImplementation, service);
      server.addService(service, handlers);
    },
  });
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  const channel = new Channel(formatAddress(address));
  try {
    await use(channel);
  } finally {
    channel.close();
    await withTimeout(server.shutdown({ graceMs: 1000 }), TIMEOUT_MS, "the server to end");
  }
  assert.deepEqual(failures, []);
}

Deno.test("grpc-health-check runs unchanged on our server", async () => {
  const health = new HealthImplementation({ "": "SERVING" });
  await withMounted(health, async (channel) => {
    const check = HEALTH_DEFINITION.Check as MethodDefinition<object, object>;
    const ask = (service: string) =>
      withTimeout(channel.unary(check, { service }), TIMEOUT_MS, "the health");
    assert.deepEqual(await ask(""), { status: "SERVING" });
    await assert.rejects(ask("no.Such"), { code: Status.NOT_FOUND });
    const watch = HEALTH_DEFINITION.Watch as MethodDefinition<object, object>;
    const call = channel.call(watch, { timeoutMs: TIMEOUT_MS });
    call.send({ service: "a.B" });
    call.end();
    const next = () => withTimeout(call.responses.next(), TIMEOUT_MS, "the next status");
    assert.deepEqual((await next()).value, { status: "SERVICE_UNKNOWN" });
    health.setStatus("a.B", "SERVING");
    assert.deepEqual((await next()).value, { status: "SERVING" });
    call.cancel();
    await withTimeout(call.status, TIMEOUT_MS, "the end");
  });
});

Deno.test("@grpc/reflection runs unchanged on our server", async () => {
  const definitions = loadSync(repositoryPath("proto/databroker.proto"), LOADER_OPTIONS);
  const reflection = new ReflectionService(
    definitions as unknown as ConstructorParameters<typeof ReflectionService>[0],
  );
  await withMounted(reflection, async (channel) => {
    for (const version of ["v1", "v1alpha"] as const) {
      const call = channel.call(reflectionMethod(version), { timeoutMs: TIMEOUT_MS });
      const ask = async (question: object) => {
        call.send(question);
        return (await withTimeout(call.responses.next(), TIMEOUT_MS, "an answer")).value;
      };
      const service = "bidirectional_databroker.BrokerService";
      const listed = await ask({ list_services: "" });
      assert.deepEqual(listed?.list_services_response?.service, [{ name: service }]);
      const found = await ask({ file_containing_symbol: service });
      assert.equal(found?.file_descriptor_response?.file_descriptor_proto.length, 1);
      call.end();
      assert.equal((await withTimeout(call.status, TIMEOUT_MS, "the end")).code, Status.OK);
    }
  });
});

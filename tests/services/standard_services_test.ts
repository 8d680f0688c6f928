// Health and reflection of a whole `broker serve`.
import assert from "node:assert/strict";
import { Channel, type MethodDefinition, RpcError, Status } from "../../rpc/mod.ts";
import { loadReflectedSchema, loadSchema, reflectionMethod } from "../../schema/mod.ts";
import { HEALTH_DEFINITION } from "../../services/health_definition.ts";
import { runBroker, startServer, temporaryFolder } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { withTimeout } from "../support/with_timeout.ts";

const TIMEOUT_MS = 10_000;
const testdata = (name: string) => repositoryPath(`tests/testdata/reflection/${name}`);
const LAB = [testdata("lab.proto"), "--handlers", testdata("handlers.ts")];

const WATCH = HEALTH_DEFINITION.Watch as MethodDefinition<object, { readonly status: string }>;
const CHECK = HEALTH_DEFINITION.Check as MethodDefinition<object, { readonly status: string }>;

Deno.test("serve names the user's services when it listens, and not its own", async () => {
  await using server = await startServer(LAB);
  await server.untilPrinted("stderr", /^Listening on \S+: lab\.v1\.Lab$/m);
});

Deno.test("serve --no-reflection answers health, but no reflection", async () => {
  await using server = await startServer([...LAB, "--no-reflection"]);
  using channel = new Channel(server.target);
  const healthy = await withTimeout(channel.unary(CHECK, {}), TIMEOUT_MS, "the health");
  assert.deepEqual(healthy, { status: "SERVING" });
  for (const version of ["v1", "v1alpha"] as const) {
    const call = channel.call(reflectionMethod(version), { timeoutMs: TIMEOUT_MS });
    call.send({ list_services: "" });
    const { code } = await withTimeout(call.status, TIMEOUT_MS, "the refusal");
    assert.equal(code, Status.UNIMPLEMENTED);
    await assert.rejects(call.responses.next(), RpcError);
  }
});

Deno.test("serve tells watchers of its health that it stops, and does not wait for them", async () => {
  const server = await startServer([...LAB, "--grace", "1h"]);
  using channel = new Channel(server.target);
  const call = channel.call(WATCH, { timeoutMs: TIMEOUT_MS });
  call.send({ service: "lab.v1.Lab" });
  call.end();
  const next = () => withTimeout(call.responses.next(), TIMEOUT_MS, "the next status");
  assert.deepEqual((await next()).value, { status: "SERVING" });
  server.io.interrupt();
  assert.deepEqual((await next()).value, { status: "NOT_SERVING" });
  assert.equal((await next()).done, true);
  const { exitCode, stderr } = await server.ended();
  assert.equal(exitCode, 0);
  assert.match(stderr, /\/grpc\.health\.v1\.Health\/Watch \S+ OK in=1 out=2 /);
});

Deno.test("scaffold --from a server of ours writes the .proto that it serves", async () => {
  await using folder = await temporaryFolder();
  await using server = await startServer(LAB);
  const out = `${folder.path}/out`;
  const { exitCode, stderr } = await runBroker(["scaffold", "--from", server.target, "--out", out]);
  assert.equal(exitCode, 0, stderr);
  const written = await loadSchema([`${out}/lab.proto`]);
  const served = await loadSchema([testdata("lab.proto")]);
  assert.deepEqual(outline(written), outline(served));
  const names = written.files?.flatMap(({ names }) => names).sort();
  assert.deepEqual(names, ["lab.proto", "shared/deep.proto", "shared/unit.proto"]);
});

Deno.test("what serve says of itself is the built-in databroker's schema, and health", async () => {
  await using server = await startServer();
  using channel = new Channel(server.target);
  const { services } = await withTimeout(
    loadReflectedSchema(channel, { target: server.target }),
    TIMEOUT_MS,
    "the schema",
  );
  assert.deepEqual(services.map(({ fullName }) => fullName), [
    "bidirectional_databroker.BrokerService",
    "grpc.health.v1.Health",
  ]);
});

/** Services, methods and messages, without the functions in them. */
function outline({ services }: Awaited<ReturnType<typeof loadSchema>>) {
  return services.map(({ fullName, methods }) => ({
    fullName,
    methods: methods.map(({ name, kind, request, response }) => ({
      name,
      kind,
      request,
      response,
    })),
  }));
}

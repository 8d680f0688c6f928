import assert from "node:assert/strict";
import { type Channel, type MethodDefinition, RpcError, Status } from "../../rpc/mod.ts";
import { builtinSchema, type Schema } from "../../schema/mod.ts";
import { createStandardServices } from "../../services/mod.ts";
import { HEALTH_DEFINITION } from "../../services/health_definition.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { startStandardServer } from "./support.ts";

const TIMEOUT_MS = 10_000;
const BROKER = "bidirectional_databroker.BrokerService";

const method = (name: "Check" | "Watch" | "List") =>
  HEALTH_DEFINITION[name] as MethodDefinition<object, { readonly status: string }>;

function check(channel: Channel, service: string) {
  return withTimeout(channel.unary(method("Check"), { service }), TIMEOUT_MS, "the status");
}

/** A `Watch` whose statuses are read one by one. */
function watch(channel: Channel, service: string) {
  const call = channel.call(method("Watch"), { timeoutMs: TIMEOUT_MS });
  call.send({ service });
  call.end();
  const next = async () => {
    const step = await withTimeout(call.responses.next(), TIMEOUT_MS, "the next status");
    return step.done ? undefined : step.value.status;
  };
  return { call, next };
}

Deno.test("health says that the server and each service are serving", async () => {
  await using server = startStandardServer(await builtinSchema());
  assert.deepEqual(await check(server.channel, ""), { status: "SERVING" });
  assert.deepEqual(await check(server.channel, BROKER), { status: "SERVING" });
  const list = await withTimeout(
    server.channel.unary(method("List"), {}),
    TIMEOUT_MS,
    "the list",
  );
  assert.deepEqual(list, {
    statuses: { "": { status: "SERVING" }, [BROKER]: { status: "SERVING" } },
  });
});

Deno.test("health does not know a service that is not there", async () => {
  await using server = startStandardServer(await builtinSchema());
  for (const service of ["BrokerService", "__proto__", "grpc.health.v1.Nothing", "(unknown)"]) {
    await assert.rejects(
      check(server.channel, service),
      (error: unknown) => error instanceof RpcError && error.code === Status.NOT_FOUND,
    );
  }
});

Deno.test("health tells watchers that the server stops, and ends their calls", async () => {
  await using server = startStandardServer(await builtinSchema());
  const known = watch(server.channel, BROKER);
  const whole = watch(server.channel, "");
  const unknown = watch(server.channel, "no.Such");
  assert.equal(await known.next(), "SERVING");
  assert.equal(await whole.next(), "SERVING");
  assert.equal(await unknown.next(), "SERVICE_UNKNOWN");
  server.standard.stop();
  assert.equal(await known.next(), "NOT_SERVING");
  assert.equal(await whole.next(), "NOT_SERVING");
  for (const { call, next } of [known, whole, unknown]) {
    assert.equal(await next(), undefined);
    assert.equal((await withTimeout(call.status, TIMEOUT_MS, "the end")).code, Status.OK);
  }
  assert.deepEqual(await check(server.channel, BROKER), { status: "NOT_SERVING" });
  const late = watch(server.channel, "");
  assert.equal(await late.next(), "NOT_SERVING");
  assert.equal(await late.next(), undefined);
});

Deno.test("health that was first asked after the stop says so", async () => {
  await using server = startStandardServer(await builtinSchema());
  server.standard.stop();
  assert.deepEqual(await check(server.channel, ""), { status: "NOT_SERVING" });
});

Deno.test("health ends the calls of watchers that left", async () => {
  await using server = startStandardServer(await builtinSchema());
  for (const service of ["", BROKER, "no.Such"]) {
    const { call, next } = watch(server.channel, service);
    assert.ok(await next() !== undefined);
    call.cancel();
    await withTimeout(call.status, TIMEOUT_MS, "the end");
  }
  await withTimeout(untilIdle(() => server.server.stats.running), TIMEOUT_MS, "the handlers");
  server.standard.stop();
});

Deno.test("health quotes little of a long name", async () => {
  await using server = startStandardServer(await builtinSchema());
  await assert.rejects(check(server.channel, "x".repeat(10_000)), (error: unknown) => {
    assert.ok(error instanceof RpcError && error.code === Status.NOT_FOUND);
    assert.match(error.message, /^The server has no service "x{200}…"$/);
    return true;
  });
});

/** Lets others run until no handler does. */
async function untilIdle(countRunning: () => number): Promise<void> {
  while (countRunning() > 0) await new Promise((resolve) => setTimeout(resolve));
}

Deno.test("createStandardServices() leaves to the user what their .proto defines", async () => {
  const { services: [service] } = await builtinSchema();
  assert.ok(service !== undefined);
  const named = (fullName: string) => ({ ...service, fullName });
  const schema: Schema = {
    source: "a test",
    services: [named("grpc.health.v1.Health"), named("grpc.reflection.v1.ServerReflection")],
  };
  const { services } = createStandardServices(schema);
  assert.deepEqual(services.map(({ name }) => name), [
    "grpc.reflection.v1alpha.ServerReflection",
  ]);
});

Deno.test("health does not hold what is too long to be a name for as long as a client watches", async () => {
  await using server = startStandardServer(await builtinSchema());
  const { call, next } = watch(server.channel, "x".repeat(1_000_000));
  await assert.rejects(next(), RpcError);
  const { code } = await withTimeout(call.status, TIMEOUT_MS, "the refusal");
  assert.equal(code, Status.RESOURCE_EXHAUSTED);
  assert.deepEqual(server.server.stats.running, 0);
});

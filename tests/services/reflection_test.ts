import assert from "node:assert/strict";
import { type Channel, RpcError, Status } from "../../rpc/mod.ts";
import {
  decodeFileDescriptor,
  loadReflectedSchema,
  loadSchema,
  REFLECTION_VERSIONS,
  reflectionMethod,
  type ReflectionRequest,
  type ReflectionResponse,
  type ReflectionVersion,
} from "../../schema/mod.ts";
import { repositoryPath } from "../support/paths.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { startStandardServer } from "./support.ts";

const TIMEOUT_MS = 10_000;
const testdata = (name: string) => repositoryPath(`tests/testdata/reflection/${name}`);

/** Asks all questions in one call, one after the other. */
async function ask(
  channel: Channel,
  questions: readonly ReflectionRequest[],
  version: ReflectionVersion = "v1",
): Promise<ReflectionResponse[]> {
  const call = channel.call(reflectionMethod(version), { timeoutMs: TIMEOUT_MS });
  const answers = [];
  for (const question of questions) {
    call.send(question);
    const { value, done } = await withTimeout(call.responses.next(), TIMEOUT_MS, "an answer");
    assert.ok(!done, "the call ended");
    answers.push(value);
  }
  call.end();
  assert.equal((await withTimeout(call.status, TIMEOUT_MS, "the status")).code, Status.OK);
  return answers;
}

/** The names of the files of an answer. */
function outline({ file_descriptor_response: files }: ReflectionResponse) {
  return files?.file_descriptor_proto.map((octets) => decodeFileDescriptor(octets).name);
}

const schemaOf = (...names: string[]) => loadSchema(names.map(testdata));

for (const version of REFLECTION_VERSIONS) {
  Deno.test(`reflection ${version} lists the user's services, health and itself`, async () => {
    await using server = startStandardServer(await schemaOf("lab.proto", "bare.proto"));
    const [answer] = await ask(server.channel, [{ host: "h", list_services: "*" }], version);
    assert.deepEqual(answer?.list_services_response?.service.map(({ name }) => name), [
      "Bare",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "lab.v1.Lab",
    ]);
    assert.equal(answer?.valid_host, "h");
    assert.equal(answer?.original_request?.list_services, "*");
  });
}

Deno.test("reflection finds the file of each kind of symbol", async (t) => {
  await using server = startStandardServer(
    await schemaOf("lab.proto", "bare.proto", "catalogue.proto"),
  );
  const rows: readonly (readonly [symbol: string, file: string])[] = [
    ["lab.v1.Lab", "lab.proto"],
    ["lab.v1.Lab.Follow", "lab.proto"],
    ["lab.v1.Reading", "lab.proto"],
    [".lab.v1.Reading", "lab.proto"],
    ["lab.v1.Reading.Probe", "lab.proto"],
    ["lab.v1.Reading.Probe.name", "lab.proto"],
    ["lab.v1.Reading.kind", "lab.proto"],
    ["lab.v1.Reading.ProbesByNameEntry", "lab.proto"],
    ["shared.v1.Unit", "shared/unit.proto"],
    ["shared.v1.UNIT_KELVIN", "shared/unit.proto"],
    ["shared.v1.Unit.UNIT_KELVIN", "shared/unit.proto"],
    ["shared.v1.Place", "shared/deep.proto"],
    ["Bare", "bare.proto"],
    ["Bare.Echo", "bare.proto"],
    ["Word", "bare.proto"],
    ["GOOD", "bare.proto"],
    ["catalogue.v1.Item.State", "catalogue.proto"],
    ["catalogue.v1.Item.PriceTag", "catalogue.proto"],
    ["catalogue.v1.Item.inner", "catalogue.proto"],
    ["catalogue.v1.parts", "catalogue.proto"],
    ["google.protobuf.Timestamp", "google/protobuf/timestamp.proto"],
    ["google.protobuf.Any", "google/protobuf/any.proto"],
    ["grpc.health.v1.Health.Watch", "grpc/health/v1/health.proto"],
    ["grpc.health.v1.HealthCheckResponse.SERVING", "grpc/health/v1/health.proto"],
    ["grpc.reflection.v1.ServerReflection", "grpc/reflection/v1/reflection.proto"],
    ["grpc.reflection.v1alpha.ErrorResponse", "grpc/reflection/v1alpha/reflection.proto"],
  ];
  for (const [symbol, file] of rows) {
    await t.step(symbol, async () => {
      const [answer] = await ask(server.channel, [{ file_containing_symbol: symbol }]);
      assert.ok(answer !== undefined);
      assert.equal(outline(answer)?.[0], file);
    });
  }
});

Deno.test("reflection refuses what it does not know, and the call goes on", async () => {
  await using server = startStandardServer(await schemaOf("lab.proto"));
  const symbols = [
    "lab.v1",
    "lab.v1.Nothing",
    "",
    ".",
    "__proto__",
    "constructor",
    "toString",
    "lab.v1.Reading\u0000",
    "lab.v1.Lab/Put",
    "..lab.v1.Lab",
  ];
  const known = { file_containing_symbol: "lab.v1.Lab" };
  const answers = await ask(server.channel, [
    ...symbols.map((symbol) => ({ file_containing_symbol: symbol })),
    ...["", "nothing.proto", "../lab.proto", "/etc/passwd", "constructor"]
      .map((name) => ({ file_by_filename: name })),
    { all_extension_numbers_of_type: "constructor" },
    { file_containing_extension: { containing_type: "__proto__", extension_number: 1 } },
    known,
  ]);
  const last = answers.pop();
  for (const { error_response: error } of answers) {
    assert.equal(error?.error_code, Status.NOT_FOUND, JSON.stringify(error));
  }
  assert.equal(
    answers[1]?.error_response?.error_message,
    [
      'The server does not know the symbol "lab.v1.Nothing"',
    ][0],
  );
  assert.equal(last?.file_descriptor_response?.file_descriptor_proto.length, 4);
});

Deno.test("reflection quotes little of a long name", async () => {
  await using server = startStandardServer(await schemaOf("lab.proto"));
  const [answer] = await ask(server.channel, [{ file_containing_symbol: "x".repeat(10_000) }]);
  assert.equal(answer?.error_response?.error_code, Status.NOT_FOUND);
  assert.ok((answer?.error_response?.error_message.length ?? Infinity) < 300);
});

Deno.test("reflection refuses a request that asks for nothing", async () => {
  await using server = startStandardServer(await schemaOf("lab.proto"));
  const [answer, next] = await ask(server.channel, [{}, { list_services: "" }]);
  assert.equal(answer?.error_response?.error_code, Status.INVALID_ARGUMENT);
  assert.equal(next?.list_services_response?.service.length, 4);
});

Deno.test("reflection sends the files that a file needs once in a call", async () => {
  await using server = startStandardServer(await schemaOf("lab.proto"));
  const lab = { file_containing_symbol: "lab.v1.Lab" };
  const place = { file_by_filename: "shared/deep.proto" };
  const all = [
    "lab.proto",
    "google/protobuf/timestamp.proto",
    "shared/unit.proto",
    "shared/deep.proto",
  ];
  const answers = await ask(server.channel, [lab, lab, place]);
  assert.deepEqual(answers.map(outline), [all, ["lab.proto"], ["shared/deep.proto"]]);
  const [again] = await ask(server.channel, [lab]);
  assert.deepEqual(again === undefined ? [] : outline(again), all);
});

Deno.test("reflection knows the extensions of a message", async () => {
  await using server = startStandardServer(await schemaOf("catalogue.proto"));
  const item = "catalogue.v1.Item";
  const [numbers, none, options, inner, parts, missing] = await ask(server.channel, [
    { all_extension_numbers_of_type: item },
    { all_extension_numbers_of_type: "google.protobuf.Timestamp" },
    { all_extension_numbers_of_type: "google.protobuf.FieldOptions" },
    { file_containing_extension: { containing_type: item, extension_number: 101 } },
    { file_containing_extension: { containing_type: item, extension_number: 150 } },
    { file_containing_extension: { containing_type: item, extension_number: 102 } },
  ]);
  assert.deepEqual(numbers?.all_extension_numbers_response, {
    base_type_name: item,
    extension_number: [101, 150],
  });
  assert.deepEqual(none?.all_extension_numbers_response?.extension_number, []);
  assert.deepEqual(options?.all_extension_numbers_response?.extension_number, [50001]);
  for (const answer of [inner, parts]) {
    assert.equal(answer && outline(answer)?.[0], "catalogue.proto");
  }
  assert.equal(missing?.error_response?.error_code, Status.NOT_FOUND);
});

Deno.test("what reflection says is the schema that the server was started with", async (t) => {
  const folders = ["protos", "scaffold", "reflection"];
  for (const folder of folders) {
    const path = repositoryPath(`tests/testdata/${folder}`);
    for await (const { name } of Deno.readDir(path)) {
      if (!name.endsWith(".proto")) continue;
      // Without a service, there is nothing to serve.
      if (!/^service /m.test(await Deno.readTextFile(`${path}/${name}`))) continue;
      await t.step(`${folder}/${name}`, async () => {
        const schema = await loadSchema([`${path}/${name}`], { importPaths: [`${path}/imports`] });
        await using server = startStandardServer(schema);
        const reflected = await withTimeout(
          loadReflectedSchema(server.channel, { target: "the server" }),
          TIMEOUT_MS,
          "the schema",
        );
        const own = reflected.services.filter(({ fullName }) => !fullName.startsWith("grpc."));
        assert.deepEqual(plain(own), plain(schema.services));
        assert.equal(reflected.services.length, own.length + 1);
      });
    }
  }
});

/** Services without the functions in them. */
function plain(services: Awaited<ReturnType<typeof loadSchema>>["services"]) {
  return services.map(({ fullName, methods }) => ({
    fullName,
    methods: methods.map(({ name, kind, request, response }) => ({
      name,
      kind,
      request,
      response,
    })),
  })).sort((a, b) => a.fullName < b.fullName ? -1 : 1);
}

Deno.test("createStandardServices() leaves out reflection where it is not wanted", async () => {
  await using server = startStandardServer(await schemaOf("lab.proto"), { reflection: false });
  for (const version of REFLECTION_VERSIONS) {
    await assert.rejects(
      withTimeout(ask(server.channel, [{ list_services: "" }], version), TIMEOUT_MS, "refusal"),
      (error: unknown) => error instanceof RpcError && error.code === Status.UNIMPLEMENTED,
    );
  }
  assert.deepEqual(server.standard.services.map(({ name }) => name), ["grpc.health.v1.Health"]);
});

Deno.test("reflection repeats no request that is too long for names", async () => {
  await using server = startStandardServer(await schemaOf("bare.proto"));
  const call = server.channel.call(reflectionMethod("v1"), { timeoutMs: TIMEOUT_MS });
  call.send({ host: "x".repeat(1_000_000), list_services: "" });
  await assert.rejects(withTimeout(call.responses.next(), TIMEOUT_MS, "the refusal"), RpcError);
  assert.equal((await call.status).code, Status.RESOURCE_EXHAUSTED);
});

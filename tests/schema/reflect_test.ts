import assert from "node:assert/strict";
import { Channel, RpcError, RpcServer } from "../../rpc/mod.ts";
import { encodeFileDescriptor } from "../../schema/file_descriptor.ts";
import { loadReflectedSchema, loadSchema, reflect, SchemaError } from "../../schema/mod.ts";
import { reflectionMethod, type ReflectionRequest } from "../../schema/reflection_definition.ts";
import { nodePeer } from "../support/find_peers.ts";
import { testWithPeers } from "../support/test_with_peers.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { startReflectionPeer } from "./reflection_peer.ts";
import { testProto } from "./support.ts";

const node = await nodePeer();
const TIMEOUT_MS = 20_000;

/** What a schema says, without the functions in it. */
function describe(schema: Awaited<ReturnType<typeof loadSchema>>) {
  return schema.services.map(({ fullName, methods }) => ({
    fullName,
    methods: methods.map(({ name, kind, request, response }) => ({
      name,
      kind,
      request,
      response,
    })),
  }));
}

for (const version of ["v1", "v1alpha"] as const) {
  testWithPeers(
    { node },
    `loadReflectedSchema() reads what a grpc-js server says in ${version}`,
    async ({ node }) => {
      const proto = testProto("everything.proto");
      const flags = version === "v1alpha" ? ["--v1alpha"] : [];
      await using server = await startReflectionPeer(node, ...flags, proto);
      using channel = new Channel(server.target);
      const schema = await withTimeout(
        loadReflectedSchema(channel, { target: server.target }),
        TIMEOUT_MS,
        "the schema",
      );
      assert.equal(schema.source, `the reflection of ${server.target}`);
      // protobufjs, which the server describes itself with, no longer knows what is required.
      assert.deepEqual(describe(schema), describe(await loadSchema([proto])));
    },
  );
}

testWithPeers({ node }, "reflect() says when a server has no reflection", async ({ node }) => {
  await using server = await startReflectionPeer(
    node,
    "--without-reflection",
    testProto("03_bidi_predictor.proto"),
  );
  using channel = new Channel(server.target);
  const failed = reflect(channel, { target: server.target });
  await assert.rejects(withTimeout(failed, TIMEOUT_MS, "the refusal"), (error: unknown) => {
    assert.ok(error instanceof SchemaError);
    assert.match(error.message, /has no reflection; name its \.proto instead$/);
    return true;
  });
});

Deno.test("reflect() fails with UNAVAILABLE where nobody listens", async () => {
  using channel = new Channel("127.0.0.1:1");
  await assert.rejects(
    withTimeout(reflect(channel, { target: "127.0.0.1:1" }), TIMEOUT_MS, "the refusal"),
    (error: unknown) => error instanceof RpcError && error.code === 14,
  );
});

/** A server of ours that answers reflection with what `answer` makes of each question. */
async function withServer(
  answer: (request: ReflectionRequest) => object,
  use: (channel: Channel, target: string) => Promise<void>,
): Promise<void> {
  const server = new RpcServer();
  const method = reflectionMethod("v1");
  server.addService({ ServerReflectionInfo: method as never }, {
    async *ServerReflectionInfo(requests: AsyncIterable<ReflectionRequest>) {
      for await (const request of requests) yield answer(request);
    },
  });
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  const target = address.kind === "tcp" ? `127.0.0.1:${address.port}` : "";
  try {
    using channel = new Channel(target);
    await withTimeout(use(channel, target), TIMEOUT_MS, "reflection");
  } finally {
    await server.shutdown({ graceMs: 1000 });
  }
}

Deno.test("reflect() says what is wrong with a server that does not know its own files", async () => {
  const list = { list_services_response: { service: [{ name: "p.S" }] } };
  const rows: [answer: (request: ReflectionRequest) => object, message: RegExp][] = [
    [
      (request) =>
        request.list_services === undefined
          ? { error_response: { error_code: 5, error_message: "no idea" } }
          : list,
      /by reflection: it does not find "p\.S" \(no idea\)$/,
    ],
    [
      (request) =>
        request.list_services !== undefined
          ? list
          // A FileDescriptorProto with the name a.proto and the dependency b.proto, whatever is asked for.
          : {
            file_descriptor_response: { file_descriptor_proto: [encodeFile("a.proto", "b.proto")] },
          },
      /it answers with other files when it is asked for "b\.proto"$/,
    ],
    [
      (request) =>
        request.list_services !== undefined ? list : {
          file_descriptor_response: {
            file_descriptor_proto: [
              encodeFileDescriptor({ name: "a.proto", messageType: [{ name: "A {} message B" }] }),
            ],
          },
        },
      /by reflection: "A \{\} message B" is no name$/,
    ],
    [
      () => ({ error_response: { error_code: 7, error_message: "not for you" } }),
      /by reflection: it does not list them \(not for you\)$/,
    ],
    [
      (request) =>
        request.list_services !== undefined ? list : {
          file_descriptor_response: { file_descriptor_proto: [encodeNested(5000)] },
        },
      /by reflection: one of its files cannot be decoded \(maximum nesting depth exceeded\)$/,
    ],
  ];
  for (const [answer, message] of rows) {
    await withServer(answer, async (channel, target) => {
      await assert.rejects(reflect(channel, { target }), (error: unknown) => {
        assert.ok(error instanceof SchemaError);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});

/** A message in a message in a message: `message_type = 4`, then `nested_type = 3`. */
function encodeNested(depth: number): Uint8Array {
  const heads: number[] = [];
  for (let octets = 0, level = 0; level < depth; level++) {
    // Written from the inside out, and turned round: the lengths as varints of three octets.
    const length = [octets & 0x7f | 0x80, octets >> 7 & 0x7f | 0x80, octets >> 14];
    heads.push(...[level === depth - 1 ? 0x22 : 0x1a, ...length].reverse());
    octets += 4;
  }
  return Uint8Array.from(heads.reverse());
}

/** `name = 1`, `dependency = 3`. */
function encodeFile(name: string, dependency: string): Uint8Array {
  const text = (tag: number, value: string) => {
    const octets = new TextEncoder().encode(value);
    return [tag, octets.length, ...octets];
  };
  return Uint8Array.from([...text(0x0a, name), ...text(0x1a, dependency)]);
}

Deno.test("loadReflectedSchema() does not take a file's name for a path that leads elsewhere", async () => {
  const file = (name: string) => {
    // package = 2 "p", service = 6 { name = 1 "S" }.
    const head = encodeFile(name, "x").slice(0, 2 + name.length);
    return Uint8Array.from([...head, 0x12, 1, 0x70, 0x32, 3, 0x0a, 1, 0x53]);
  };
  for (const name of ["../../escape.proto", "/etc/escape.proto", "a/./b.proto", "a\nb.proto", ""]) {
    const answer = (request: ReflectionRequest) =>
      request.list_services === undefined
        ? { file_descriptor_response: { file_descriptor_proto: [file(name)] } }
        : { list_services_response: { service: [{ name: "p.S" }] } };
    await withServer(answer, async (channel, target) => {
      await assert.rejects(loadReflectedSchema(channel, { target }), (error: unknown) => {
        assert.ok(error instanceof SchemaError, String(error));
        assert.match(error.message, /that is no path$/);
        return true;
      });
    });
  }
});

// `serve` with interceptors, rules and tokens, as a user meets them.
import assert from "node:assert/strict";
import { sendToken } from "../interceptors/mod.ts";
import { Channel, RpcError, Status } from "../rpc/mod.ts";
import { decodeErrorDetails, loadSchema } from "../schema/mod.ts";
import { runBroker, type RunningServer, startServer, temporaryFolder } from "./support/broker.ts";
import { testCertificates } from "./support/certificates.ts";
import { repositoryPath } from "./support/paths.ts";
import { pythonPeer, testWithPeers, withTimeout } from "./support/peers.ts";
import { runProgram } from "./support/run_program.ts";

const PROTO = repositoryPath("tests/testdata/handlers/calculator.proto");
const { services: [{ definition: CALCULATOR }] } = await loadSchema([PROTO]);
const python = await pythonPeer();

/** Runs `serve` on calculator.proto with a module of this text. */
async function withModule(
  source: string,
  run: (server: RunningServer, channel: Channel) => Promise<void>,
  flags: readonly string[] = [],
): Promise<string> {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/handlers.js`;
  await Deno.writeTextFile(path, source);
  await using server = await startServer([PROTO, "--handlers", path, ...flags]);
  using channel = new Channel(server.target);
  await withTimeout(run(server, channel), 60_000, "the calls");
  channel.close();
  return (await server.stop()).stderr;
}

async function refusalOf(promise: Promise<unknown>): Promise<RpcError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof RpcError);
    return error;
  }
  return assert.fail("the call was not refused");
}

const HANDLERS = `
export const Calculator = {
  Negate({ id, value }) {
    if (value === 13) throw new RangeError("secret of the handler");
    return { id, value: -value };
  },
  async *Square(entries) { for await (const { id, value } of entries) yield { id, value: value * value }; },
};
export const Troublemaker = { async *Hold(entries) { yield* entries; } };
`;

const GUARDED = `${HANDLERS}
class ValidationError extends Error {
  name = "ValidationError";
  constructor(field, reason) { super(field + ": " + reason); this.field = field; this.reason = reason; }
}
class RpcError extends Error {
  name = "RpcError";
  constructor(code, message) { super(message); this.code = code; }
}
export const validate = {
  Entry({ id }) { if (id === 0) throw new ValidationError("id", "must not be 0"); },
};
export const interceptors = [
  async function tell(call, next) {
    call.responseHeaders.set("x-method", call.path);
    try {
      await next();
    } catch (error) {
      if (error instanceof RangeError) throw new RpcError(11, "out of luck");
      throw error;
    }
  },
  (call, next) => {
    call.onResponse((answer) => ({ ...answer, value: answer.value + 0.5 }));
    return next();
  },
];
`;

Deno.test("serve runs the interceptors and the rules that a module exports", async () => {
  const log = await withModule(GUARDED, async (_server, channel) => {
    const call = channel.call(CALCULATOR.Negate);
    call.send({ id: 1, value: 2 });
    call.end();
    assert.deepEqual((await call.responses.next()).value, { id: 1, value: -1.5 });
    assert.equal((await call.headers).text("x-method"), "/calculator.Calculator/Negate");

    const invalid = await refusalOf(channel.unary(CALCULATOR.Negate, { id: 0 }));
    assert.deepEqual([invalid.code, invalid.message], [
      Status.INVALID_ARGUMENT,
      "id: must not be 0",
    ]);
    const [detail] = decodeErrorDetails(invalid.details ?? new Uint8Array())?.details ?? [];
    assert.equal(detail.typeName, "google.rpc.BadRequest");
    assert.deepEqual(detail.value?.field_violations, [
      { field: "id", description: "must not be 0", reason: "", localized_message: null },
    ]);

    const mapped = await refusalOf(channel.unary(CALCULATOR.Negate, { id: 1, value: 13 }));
    assert.deepEqual([mapped.code, mapped.message], [Status.OUT_OF_RANGE, "out of luck"]);

    const stream = channel.call(CALCULATOR.Square);
    stream.send({ id: 1, value: 3 });
    assert.deepEqual((await stream.responses.next()).value, { id: 1, value: 9.5 });
    stream.send({ id: 0, value: 3 });
    assert.equal((await refusalOf(stream.responses.next())).message, "id: must not be 0");
  });
  assert.match(
    log,
    /\/calculator\.Calculator\/Negate \S+ INVALID_ARGUMENT \(id: must not be 0\) in=0 out=0 /,
  );
  assert.match(
    log,
    /\/calculator\.Calculator\/Negate \S+ OUT_OF_RANGE \(out of luck\) in=1 out=0 /,
  );
  assert.doesNotMatch(log, /secret of the handler/);
});

testWithPeers(
  { python },
  "grpcio gets the details of a broken rule, and Google's protobuf reads them",
  async ({ python }) => {
    await withModule(GUARDED, async ({ target }) => {
      // The protoc of Debian 12 is older than proto3's "optional", which changes nothing on the wire.
      await using folder = await temporaryFolder();
      await Deno.mkdir(`${folder.path}/google/rpc`, { recursive: true });
      for (const name of ["google/rpc/status.proto", "google/rpc/error_details.proto"]) {
        const proto = await Deno.readTextFile(repositoryPath(`proto/${name}`));
        await Deno.writeTextFile(
          `${folder.path}/${name}`,
          proto.replaceAll("optional int64", "int64"),
        );
      }
      const script = `
import os, sys, grpc, grpc_tools.protoc
include = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
files = ["google/rpc/status.proto", "google/rpc/error_details.proto"]
descriptors = "${folder.path}/descriptors"
grpc_tools.protoc.main(["protoc", "-I${folder.path}", "-I" + include, "--include_imports",
  "--descriptor_set_out=" + descriptors, *files])
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
pool = descriptor_pool.DescriptorPool()
for file in descriptor_pb2.FileDescriptorSet.FromString(open(descriptors, "rb").read()).file:
    pool.Add(file)
factory = message_factory.MessageFactory(pool)
type_of = lambda name: factory.GetPrototype(pool.FindMessageTypeByName(name))
channel = grpc.insecure_channel("${target}", options=[("grpc.enable_http_proxy", 0)])
try:
    channel.unary_unary("/calculator.Calculator/Negate")(b"", timeout=20)
except grpc.RpcError as error:
    print(error.code().name, error.details())
    octets = dict(error.trailing_metadata())["grpc-status-details-bin"]
    status = type_of("google.rpc.Status").FromString(octets)
    print(status.code, status.message)
    for detail in status.details:
        name = detail.type_url.split("/")[-1]
        print(detail.type_url, " ".join(str(type_of(name).FromString(detail.value)).split()))
channel.close()
`;
      const { stdout, stderr } = await runProgram([python.executable, "-c", script], {
        timeoutMs: 40_000,
      });
      assert.deepEqual(stdout.trim().split("\n"), [
        "INVALID_ARGUMENT id: must not be 0",
        "3 id: must not be 0",
        "type.googleapis.com/google.rpc.BadRequest " +
        'field_violations { field: "id" description: "must not be 0" }',
      ], stderr);
    });
  },
);

const MISTAKES: readonly (readonly [source: string, says: RegExp])[] = [
  [
    "export const interceptors = { log() {} };",
    /^error: Cannot use the export "interceptors": it is an object, not an array of functions\n$/,
  ],
  [
    "export const validate = { Entrie() {} };",
    /^error: Cannot use the rule "Entrie": no method takes such a message, only calculator\.Entry; did you mean "Entry"\?\n$/,
  ],
];

Deno.test("serve says so where handlers do not fit because no .proto was named", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/handlers.js`;
  await Deno.writeTextFile(path, HANDLERS);
  const args = ["serve", "--handlers", path, "--host", "127.0.0.1", "--port", "0"];
  const { exitCode, stderr } = await runBroker(args);
  assert.equal(exitCode, 1);
  assert.match(
    stderr,
    /^error: .*; no \.proto was named, so that of the built-in databroker is served\n$/,
  );
});

for (const [source, says] of MISTAKES) {
  Deno.test(`serve does not start with a module that has ${source}`, async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/handlers.js`;
    await Deno.writeTextFile(path, `${HANDLERS}${source}`);
    const args = ["serve", PROTO, "--handlers", path, "--host", "127.0.0.1", "--port", "0"];
    const { exitCode, stderr } = await runBroker(args);
    assert.equal(exitCode, 1);
    assert.match(stderr, says);
  });
}

Deno.test("serve --token-file takes calls with one of its tokens, and reads it again on SIGHUP", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/tokens`;
  await Deno.writeTextFile(path, "# pit wall\nsecret-one\nsecret-two\n", { mode: 0o600 });
  const log = await withModule(HANDLERS, async (server, channel) => {
    const ask = (token?: string) =>
      channel.unary(CALCULATOR.Negate, { id: 1, value: 2 }, {
        interceptors: token === undefined ? [] : [sendToken(token)],
      });
    for (const token of ["secret-one", "secret-two"]) {
      assert.deepEqual(await ask(token), { id: 1, value: -2 });
    }
    const none = await refusalOf(ask());
    assert.deepEqual([none.code, none.message], [
      Status.UNAUTHENTICATED,
      'The call carries no token: send "authorization: Bearer TOKEN" with it',
    ]);
    const missing = { ...CALCULATOR.Negate, path: "/calculator.Calculator/Missing" };
    assert.equal((await refusalOf(channel.unary(missing, {}))).code, Status.UNAUTHENTICATED);

    await Deno.writeTextFile(path, "secret three\n");
    server.io.hangUp();
    await server.untilPrinted(
      "stderr",
      /error: Cannot use the token in "\S+" line 1: it has whitespace within; the tokens that were read before stay in use\n/,
    );
    await ask("secret-one");

    await Deno.writeTextFile(path, "secret-three\n");
    server.io.hangUp();
    await server.untilPrinted(
      "stderr",
      /Read the tokens again: those in "\S+" are taken from now on\n/,
    );
    await ask("secret-three");
    assert.equal((await refusalOf(ask("secret-one"))).code, Status.UNAUTHENTICATED);
  }, ["--token-file", path]);
  assert.match(log, /Negate \S+ UNAUTHENTICATED \(The call carries no token/);
  assert.doesNotMatch(log, /secret-|Others on this machine|on their way/);
});

Deno.test("serve says that others can read its tokens, in the file or on their way", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/tokens`;
  await Deno.writeTextFile(path, "secret-one\n", { mode: 0o644 });
  const open = ["--host", "0.0.0.0", "--port", "0", "--token-file", path];
  const { stderr } = await (await startServer(open)).stop();
  assert.match(
    stderr,
    /^Others on this machine can read the tokens in "\S+"; chmod 600 keeps them to you$/m,
  );
  const onTheWay =
    /^Tokens that clients send to 0\.0\.0\.0 can be read on their way: use --tls-cert and --tls-key, or --host 127\.0\.0\.1$/m;
  assert.match(stderr, onTheWay);

  const { server: pair } = await testCertificates();
  await Deno.writeTextFile(`${folder.path}/s.crt`, pair.certificate);
  await Deno.writeTextFile(`${folder.path}/s.key`, pair.privateKey);
  const tls = ["--tls-cert", `${folder.path}/s.crt`, "--tls-key", `${folder.path}/s.key`];
  assert.doesNotMatch((await (await startServer([...open, ...tls])).stop()).stderr, onTheWay);
});

const UNUSABLE: readonly (readonly [name: string, text: string | undefined, says: RegExp])[] = [
  ["is not there", undefined, /^error: Cannot read "\S+tokens": /],
  [
    "is empty",
    "# nothing yet\n",
    /^error: Cannot use the tokens in "\S+": there is none; write one a line\n$/,
  ],
  [
    "has a space within a token",
    "a b\n",
    /^error: Cannot use the token in "\S+" line 1: it has whitespace within\n$/,
  ],
];

for (const [name, text, says] of UNUSABLE) {
  Deno.test(`serve does not start with a --token-file that ${name}`, async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/tokens`;
    if (text !== undefined) await Deno.writeTextFile(path, text);
    const args = ["serve", "--host", "127.0.0.1", "--port", "0", "--token-file", path];
    const { exitCode, stderr } = await runBroker(args);
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, says);
  });
}

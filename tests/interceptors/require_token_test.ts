import { strict as assert } from "node:assert";
import { requireToken, sendToken, TokenSet } from "../../interceptors/mod.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { Status } from "../../rpc/status.ts";
import { startTestServer } from "../rpc/support/start_test_server.ts";
import { follow, METHODS, type Script } from "../rpc/support/test_service.ts";
import { testTimed } from "../rpc/support/test_timed.ts";

const echo: Script = async function* (requests) {
  for await (const request of requests) yield `echo ${request}`;
};

function start(...interceptors: Parameters<typeof requireToken>) {
  return startTestServer(echo, { server: { interceptors: [requireToken(...interceptors)] } });
}

function authorization(...values: string[]): Metadata {
  const metadata = new Metadata();
  for (const value of values) metadata.add("authorization", value);
  return metadata;
}

const NONE = 'The call carries no token: send "authorization: Bearer TOKEN" with it';
const FORM = 'The "authorization" of the call is not of the form "Bearer TOKEN"';
const WRONG = "The token of the call is not one that this server takes";

const REFUSED: readonly (readonly [name: string, values: readonly string[], says: string])[] = [
  ["none at all", [], NONE],
  ["an empty value", [""], FORM],
  ["another scheme", ["Basic c2VjcmV0LW9uZQ=="], FORM],
  ["a token without a scheme", ["secret-one"], FORM],
  ["a scheme without a token", ["Bearer "], FORM],
  ["two tokens in one value", ["Bearer secret-one secret-two"], FORM],
  ["a list of values", ["Bearer secret-one, Bearer secret-two"], FORM],
  ["a token that is not known", ["Bearer secret-three"], WRONG],
  ["the beginning of a token", ["Bearer secret-on"], WRONG],
  ["a token and more", ["Bearer secret-one2"], WRONG],
  ["a token in capitals", ["Bearer SECRET-ONE"], WRONG],
  [
    "two values",
    ["Bearer secret-one", "Bearer secret-one"],
    'The call carries 2 values of "authorization": send one',
  ],
];

for (const [name, values, says] of REFUSED) {
  testTimed(
    `requireToken() refuses ${name}, and says what is missing without repeating it`,
    async () => {
      await using t = start(["secret-one", "secret-two"]);
      const { answers, status } = await follow(t.channel, "Bidi", ["x"], {
        metadata: authorization(...values),
      });
      assert.deepEqual([answers, status.code, status.message], [[], Status.UNAUTHENTICATED, says]);
      assert.doesNotMatch(says, /secret/i);
      assert.deepEqual(t.failures, []);
    },
  );
}

for (const value of ["Bearer secret-one", "bearer secret-two", "BEARER  secret-two "]) {
  testTimed(`requireToken() takes "${value}"`, async () => {
    await using t = start(["secret-one", "secret-two"]);
    const { answers } = await follow(t.channel, "Unary", ["x"], { metadata: authorization(value) });
    assert.deepEqual(answers, ["echo x"]);
  });
}

testTimed("requireToken() does not tell which methods there are", async () => {
  await using t = start(["secret-one"]);
  const missing = { ...METHODS.Unary, path: "/test.Service/Missing" };
  const statuses = await Promise.all([
    t.channel.call(missing).status,
    t.channel.call(METHODS.Unary).status,
  ]);
  const [ofMissing, ofUnary] = statuses.map(({ code, message, trailers }) => [
    code,
    message,
    trailers.toJSON(),
  ]);
  assert.deepEqual(ofMissing, ofUnary);
  assert.equal(ofMissing[0], Status.UNAUTHENTICATED);
  const { code } = await t.channel.call(missing, { metadata: authorization("Bearer secret-one") })
    .status;
  assert.equal(code, Status.UNIMPLEMENTED);
});

testTimed(
  "requireToken() leaves open what it is told to, and nothing that only begins so",
  async () => {
    await using t = start(["secret-one"], { openServices: ["test.Service"] });
    assert.deepEqual((await follow(t.channel, "Unary", ["x"])).answers, ["echo x"]);
    for (const path of ["/test.Service2/Unary", "/test.Service/Unary/More", "/test.Service"]) {
      const { code } = await t.channel.call({ ...METHODS.Unary, path }).status;
      assert.equal(code, Status.UNAUTHENTICATED, path);
    }
  },
);

testTimed("sendToken() is what requireToken() asks for, from a text or a function", async () => {
  await using t = start(["secret-one"]);
  const tokens = ["wrong", "secret-one"];
  const changing = sendToken(() => Promise.resolve(tokens.shift() ?? ""));
  const metadata = authorization("Basic left-over");
  const fixed = { interceptors: [sendToken("secret-one")], metadata };
  assert.deepEqual((await follow(t.channel, "Bidi", ["x"], fixed)).answers, ["echo x"]);
  const options = { interceptors: [changing] };
  const outcomes = [
    await follow(t.channel, "Bidi", ["x"], options),
    await follow(t.channel, "Bidi", ["x"], options),
    await follow(t.channel, "Bidi", ["x"], options),
  ];
  assert.deepEqual(outcomes.map(({ status }) => [status.code, status.message]), [
    [Status.UNAUTHENTICATED, WRONG],
    [Status.OK, ""],
    [Status.INTERNAL, "Cannot use a token: it is empty"],
  ]);
});

Deno.test("A TokenSet takes other tokens, and keeps those that it has when the new ones cannot be", () => {
  const tokens = new TokenSet(["one", "two"]);
  assert.deepEqual(["one", "two", "three", "", "on"].map((token) => tokens.has(token)), [
    true,
    true,
    false,
    false,
    false,
  ]);
  tokens.replace(["three", "three"]);
  assert.deepEqual([tokens.has("one"), tokens.has("three")], [false, true]);
  const faults: readonly (readonly [tokens: string[], says: RegExp])[] = [
    [[], /the list of them is empty/],
    [["four", ""], /it is empty/],
    [["fo ur"], /it has whitespace within/],
    [["vier☺"], /it has characters beyond printable ASCII/],
  ];
  for (const [given, says] of faults) {
    assert.throws(() => tokens.replace(given), says);
    assert.throws(() => new TokenSet(given), (error: Error) => !/fo|vier/.test(error.message));
  }
  assert.deepEqual([tokens.has("four"), tokens.has("three")], [false, true]);
});

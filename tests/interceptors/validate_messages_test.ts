import { strict as assert } from "node:assert";
import { validateMessages, ValidationError, type ValidationRules } from "../../interceptors/mod.ts";
import { Channel } from "../../rpc/channel.ts";
import type { Handlers } from "../../rpc/handlers.ts";
import { RpcServer } from "../../rpc/server.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import { decodeErrorDetails, loadSchema } from "../../schema/mod.ts";
import { testTimed } from "../rpc/support/test_timed.ts";
import { repositoryPath } from "../support/paths.ts";

const { services } = await loadSchema([
  repositoryPath("tests/testdata/handlers/calculator.proto"),
]);
const CALCULATOR = services[0].definition;

interface Entry {
  readonly id: number;
  readonly value: number;
}

/** What a module on disk writes, which cannot import ours. */
class ForeignValidationError extends Error {
  override readonly name = "ValidationError";
  constructor(readonly field: string, readonly reason: string) {
    super("its own text");
  }
}

const HANDLERS: Handlers = {
  Negate: ({ id, value }: Entry) => ({ id, value: -value }),
  async *Square(entries: AsyncIterable<Entry>) {
    for await (const { id, value } of entries) yield { id, value: value * value };
  },
};

/** Runs with a channel to a server of calculator.proto whose requests pass these rules. */
async function withRules(
  rules: ValidationRules,
  run: (channel: Channel, failures: unknown[]) => Promise<void>,
  handlers = HANDLERS,
): Promise<void> {
  const failures: unknown[] = [];
  const server = new RpcServer({
    interceptors: [validateMessages(rules, services)],
    onHandlerError: (error) => failures.push(error),
  });
  server.addService(CALCULATOR, handlers);
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  assert.ok(address.kind === "tcp");
  using channel = new Channel(`127.0.0.1:${address.port}`);
  try {
    await run(channel, failures);
  } finally {
    channel.close();
    await server.shutdown({ graceMs: 1000 });
  }
}

/** The status of a unary call and the fields that its details name. */
async function refusalOf(channel: Channel, entry: Partial<Entry>) {
  try {
    await channel.unary(CALCULATOR.Negate, entry);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof RpcError);
    const decoded = error.details === undefined ? undefined : decodeErrorDetails(error.details);
    if (decoded !== undefined) {
      assert.deepEqual([decoded.code, decoded.message], [error.code, error.message]);
    }
    const details = decoded?.details.map((
      { typeName, value },
    ) => [typeName, value?.field_violations]);
    return { code: error.code, message: error.message, details };
  }
}

function badRequest(...violations: readonly (readonly [field: string, description: string])[]) {
  return [[
    "google.rpc.BadRequest",
    violations.map(([field, description]) => ({
      field,
      description,
      reason: "",
      localized_message: null,
    })),
  ]];
}

const THROWN: readonly {
  readonly name: string;
  readonly error: Error;
  readonly message: string;
  readonly violations: readonly (readonly [field: string, description: string])[];
}[] = [
  {
    name: "a ValidationError",
    error: new ValidationError("id", "must not be 0"),
    message: "id: must not be 0",
    violations: [["id", "must not be 0"]],
  },
  {
    name: "a ValidationError of several fields",
    error: new ValidationError([{ field: "id", reason: "must not be 0" }, {
      field: "value",
      reason: "must be finite",
    }]),
    message: "id: must not be 0; value: must be finite",
    violations: [["id", "must not be 0"], ["value", "must be finite"]],
  },
  {
    name: "a ValidationError of a module that cannot import ours",
    error: new ForeignValidationError("id", "must not be 0"),
    message: "id: must not be 0",
    violations: [["id", "must not be 0"]],
  },
  {
    name: "such an error with several violations",
    error: Object.assign(new Error("its own text"), {
      name: "ValidationError",
      violations: [{ field: "id", reason: "is 0 ☺" }, { field: "value", reason: "is -1" }],
    }),
    message: "id: is 0 ☺; value: is -1",
    violations: [["id", "is 0 ☺"], ["value", "is -1"]],
  },
];

for (const { name, error, message, violations } of THROWN) {
  testTimed(
    `A rule that throws ${name} refuses the request with google.rpc.BadRequest`,
    () =>
      withRules({
        Entry({ id }: Entry) {
          if (id === 0) throw error;
        },
      }, async (channel, failures) => {
        const refusal = {
          code: Status.INVALID_ARGUMENT,
          message,
          details: badRequest(...violations),
        };
        assert.deepEqual(await refusalOf(channel, { id: 0 }), refusal);
        assert.equal(await refusalOf(channel, { id: 1 }), undefined);
        assert.deepEqual(failures, []);
      }),
  );

  testTimed(
    `A handler that throws ${name} refuses the request likewise`,
    () =>
      withRules({}, async (channel, failures) => {
        const refusal = {
          code: Status.INVALID_ARGUMENT,
          message,
          details: badRequest(...violations),
        };
        assert.deepEqual(await refusalOf(channel, { id: 0 }), refusal);
        assert.deepEqual(failures, []);
      }, {
        Negate: () => {
          throw error;
        },
      }),
  );
}

const NEUTRAL = { code: Status.UNKNOWN, message: "The handler failed", details: undefined };

const FAULTY: Record<string, readonly [rule: () => unknown, log: RegExp]> = {
  "throws another error": [() => {
    throw new Error("secret");
  }, /secret/],
  "throws an error that only calls itself ValidationError": [() => {
    throw Object.assign(new Error("secret"), { name: "ValidationError", field: 7 });
  }, /secret/],
  "returns false": [() => false, /The rule "Entry" returned something: a rule throws/],
  "is async": [async () => {
    await Promise.resolve();
    throw new ValidationError("id", "too late");
  }, /The rule "Entry" returned something: a rule throws/],
};

for (const [name, [rule, log]] of Object.entries(FAULTY)) {
  testTimed(
    `A rule that ${name} is a fault of the server: a neutral UNKNOWN, and a line in the log`,
    () =>
      withRules({ Entry: rule }, async (channel, failures) => {
        assert.deepEqual(await refusalOf(channel, { id: 1 }), NEUTRAL);
        assert.equal(failures.length, 1);
        assert.match(String(failures[0]), log);
      }),
  );
}

testTimed(
  "Each message of a stream is looked at; what came before the bad one is answered",
  () =>
    withRules({
      "calculator.Entry"({ value }: Entry) {
        if (value < 0) throw new ValidationError("value", "must not be negative");
      },
    }, async (channel) => {
      const call = channel.call(CALCULATOR.Square);
      for (const value of [1, 2]) {
        call.send({ id: 0, value });
        assert.deepEqual((await call.responses.next()).value, { id: 0, value: value * value });
      }
      call.send({ id: 0, value: -3 });
      await assert.rejects(call.responses.next(), { message: "value: must not be negative" });
      assert.equal((await call.status).code, Status.INVALID_ARGUMENT);
    }),
);

const MISFITS: readonly (readonly [rules: ValidationRules, message: string])[] = [
  [
    { Entri() {} },
    'Cannot use the rule "Entri": no method takes such a message, only calculator.Entry; ' +
    'did you mean "Entry"?',
  ],
  [
    { Sum() {} },
    'Cannot use the rule "Sum": no method takes such a message, only calculator.Entry',
  ],
  [
    { Entry() {}, "calculator.Entry"() {} },
    'Cannot use the rule "calculator.Entry": "Entry" is for calculator.Entry as well',
  ],
];

for (const [rules, message] of MISFITS) {
  Deno.test(`validateMessages() refuses rules for ${Object.keys(rules).join(" and ")}`, () => {
    assert.throws(() => validateMessages(rules, services), { message });
  });
}

Deno.test("validateMessages() asks for the full name where a short one fits two messages", async () => {
  await using folder = await temporary(`
    syntax = "proto3"; package a;
    message Start { message Inner {} }
    message Inner {}
    service S { rpc One(Inner) returns (Start); rpc Two(Start.Inner) returns (Start); }
  `);
  const { services } = await loadSchema([folder.path]);
  assert.throws(() => validateMessages({ Inner() {} }, services), {
    message:
      'Cannot tell which message the rule "Inner" is for: a.Inner and a.Start.Inner both fit',
  });
  validateMessages({ "a.Inner"() {}, "a.Start.Inner"() {} }, services);
});

Deno.test("validateMessages() takes a name for the message that is called so in full first", async () => {
  await using folder = await temporary(`
    syntax = "proto3";
    message Start { message Inner {} }
    message Inner {}
    service S { rpc One(Inner) returns (Start); rpc Two(Start.Inner) returns (Start); }
  `);
  const { services } = await loadSchema([folder.path]);
  validateMessages({ Inner() {}, "Start.Inner"() {} }, services);
});

async function temporary(proto: string) {
  const folder = await Deno.makeTempDir({ prefix: "broker-test-" });
  const path = `${folder}/a.proto`;
  await Deno.writeTextFile(path, proto);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

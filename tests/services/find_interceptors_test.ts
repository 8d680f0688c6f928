import { strict as assert } from "node:assert";
import { builtinSchema } from "../../schema/mod.ts";
import { findInterceptors } from "../../services/mod.ts";

const { services } = await builtinSchema();
const first = () => {};
const second = () => {};

Deno.test("findInterceptors() gives what is exported in its order, and what validates inside of it", () => {
  assert.deepEqual(findInterceptors({}, services), []);
  assert.deepEqual(findInterceptors({ interceptors: [first, second] }, services), [first, second]);
  const found = findInterceptors(
    { validate: { BrokerRequest() {} }, interceptors: [first] },
    services,
  );
  assert.deepEqual(found.map(({ name }) => name), ["first", "validateMessages"]);
});

Deno.test("findInterceptors() leaves a function to the method that it answers", () => {
  const [service] = services;
  const [method] = service.methods;
  const named = (name: string) => [{ ...service, methods: [{ ...method, name }] }];
  for (const name of ["validate", "interceptors"]) {
    assert.deepEqual(findInterceptors({ [name]() {} }, named(name)), []);
    assert.throws(() => findInterceptors({ [name]() {} }, services), { name: "HandlersError" });
  }
});

const REFUSED: readonly (readonly [module: Record<string, unknown>, message: string])[] = [
  [
    { interceptors: first },
    'Cannot use the export "interceptors": it is a function, not an array of functions',
  ],
  [
    { interceptors: null },
    'Cannot use the export "interceptors": it is null, not an array of functions',
  ],
  [
    { interceptors: [first, "log"] },
    'Cannot use the export "interceptors": number 2 of it is a string, not a function',
  ],
  [
    { validate: [] },
    'Cannot use the export "validate": it is an array, not an object of functions by the name of their message',
  ],
  [
    { validate: { BrokerRequest: "id" } },
    'Cannot use the rule "BrokerRequest" of the export "validate": it is a string, not a function',
  ],
  [
    { validate: { BrokerReqest() {} } },
    'Cannot use the rule "BrokerReqest": no method takes such a message, only ' +
    'bidirectional_databroker.BrokerRequest; did you mean "BrokerRequest"?',
  ],
];

for (const [module, message] of REFUSED) {
  Deno.test(`findInterceptors() refuses ${Deno.inspect(module)}`, () => {
    assert.throws(() => findInterceptors(module, services), { name: "HandlersError", message });
  });
}

Deno.test("A rule may use others of its object", () => {
  const seen: unknown[] = [];
  const validate = {
    BrokerRequest(this: object) {
      seen.push(this);
    },
  };
  const [interceptor] = findInterceptors({ validate }, services);
  const hooks: ((message: unknown) => unknown)[] = [];
  const path = services[0].methods[0].definition.path;
  const call = { path, onRequest: (hook: (message: unknown) => unknown) => hooks.push(hook) };
  interceptor(call as never, () => Promise.resolve());
  hooks[0]({});
  assert.deepEqual(seen, [validate]);
});

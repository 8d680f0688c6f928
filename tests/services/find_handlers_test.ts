import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { loadSchema, type ServiceSchema } from "../../schema/mod.ts";
import { findHandlers, HandlersError } from "../../services/mod.ts";

const PROTO = fileURLToPath(new URL("../testdata/handlers/calculator.proto", import.meta.url));
const services = (await loadSchema([PROTO])).services;
const [calculator, troublemaker] = services;
assert.ok(calculator !== undefined && troublemaker !== undefined);

const Square = () => "square";
const Negate = () => "negate";
const add_up = () => "add_up";
const Inspect = () => "inspect";
const Fail = () => "fail";
const Hold = () => "hold";
const ALL = { Square, add_up, Negate, Inspect };

/** What each found handler returns, and the names of those that are missing. */
function find(
  module: Record<string, unknown>,
  service: ServiceSchema = calculator,
  siblings?: readonly ServiceSchema[],
) {
  const { handlers, missing } = findHandlers(module, service, siblings);
  const called = Object.entries(handlers).map(([name, handler]) => [
    name,
    (handler as () => unknown)(),
  ]);
  return { called: Object.fromEntries(called), missing };
}

const FOUND = {
  called: { Square: "square", add_up: "add_up", Negate: "negate", Inspect: "inspect" },
  missing: [],
};

Deno.test("findHandlers() takes each form of export", async (t) => {
  const forms: Record<string, Record<string, unknown>> = {
    "handlers": { handlers: ALL },
    "default": { default: ALL },
    "handlers by full name": { handlers: { "calculator.Calculator": ALL } },
    "handlers by short name": { handlers: { Calculator: ALL } },
    "default by full name": { default: { "calculator.Calculator": ALL } },
    "default by short name": { default: { Calculator: ALL } },
    "an export called like the service": { Calculator: ALL },
    "functions": { ...ALL },
    "an object without a prototype": { handlers: Object.assign(Object.create(null), ALL) },
    "functions beside other exports": { ...ALL, VERSION: "1", helper: () => {}, default: "text" },
    "handlers beside other exports": { handlers: ALL, release: () => {}, Square: () => "other" },
    "the service before what is around it": { handlers: { Calculator: ALL }, Square: Negate },
  };
  for (const [name, module] of Object.entries(forms)) {
    await t.step(name, () => assert.deepEqual(find(module), FOUND));
  }
});

Deno.test("findHandlers() takes grpc-js's spelling, and names what is missing", () => {
  assert.deepEqual(find({ handlers: { addUp: add_up, square: Square } }), {
    called: { addUp: "add_up", square: "square" },
    missing: ["Negate", "Inspect"],
  });
});

Deno.test("findHandlers() binds methods to the object or instance that has them", () => {
  class Base {
    Negate() {
      return `${this.constructor.name} base`;
    }
  }
  class Model extends Base {
    calls = 0;
    Square() {
      return `call ${++this.calls}`;
    }
  }
  assert.deepEqual(find({ default: new Model() }).called, {
    Square: "call 1",
    Negate: "Model base",
  });
  const handlers = {
    Square() {
      return this.Negate();
    },
    Negate,
  };
  assert.equal(find({ handlers }).called.Square, "negate");
});

Deno.test("findHandlers() finds each service of a module that has several", async (t) => {
  const forms: Record<string, Record<string, unknown>> = {
    "by short name": { handlers: { Calculator: ALL, Troublemaker: { Fail, Hold } } },
    "an export for each": { Calculator: ALL, Troublemaker: { Fail, Hold } },
    "all methods in one object": { handlers: { ...ALL, Fail, Hold } },
    "one in an object of its own": { handlers: { ...ALL, Troublemaker: { Fail, Hold } } },
    "all methods as exports": { ...ALL, Fail, Hold },
  };
  for (const [name, module] of Object.entries(forms)) {
    await t.step(name, () => {
      assert.deepEqual(find(module, calculator, services), FOUND);
      assert.deepEqual(find(module, troublemaker, services), {
        called: { Fail: "fail", Hold: "hold" },
        missing: [],
      });
    });
  }
});

Deno.test("findHandlers() takes a module with handlers for some of the services", () => {
  const services = [calculator, troublemaker];
  const missing = { called: {}, missing: ["Fail", "Hold"] };
  for (
    const module of [ALL, { handlers: ALL }, { Calculator: ALL }, { ...ALL, Troublemaker: {} }]
  ) {
    assert.deepEqual(find(module, troublemaker, services), missing);
    assert.deepEqual(find(module, calculator, services), FOUND);
  }
  const misspelt = { ...ALL, Troublemaker: { Fale() {} } };
  assert.throws(
    () => findHandlers(misspelt, troublemaker, services),
    /^HandlersError: Cannot find handlers for \S+Troublemaker: .* Fail, Hold, but exports Fale$/,
  );
});

Deno.test("findHandlers() refuses a module that does not fit, in one sentence", async (t) => {
  const wanted = "the module has to export Square, add_up, Negate, Inspect";
  const rows: Record<string, readonly [module: Record<string, unknown>, message: string]> = {
    "no export": [
      {},
      `Cannot find handlers for calculator.Calculator: ${wanted}, but exports nothing`,
    ],
    "other exports": [
      { square: 1, Sqare: Square, main: Square },
      'Cannot use the handler "square" of calculator.Calculator: it is of type number, not a function',
    ],
    "a typing error": [
      { Sqare: Square },
      `Cannot find handlers for calculator.Calculator: ${wanted}, but exports Sqare`,
    ],
    "a typing error in handlers": [
      { handlers: { Sqare: Square }, default: {} },
      `Cannot find handlers for calculator.Calculator: ${wanted}, but exports Sqare`,
    ],
    "a method too many": [
      { handlers: { ...ALL, Cube: Square } },
      'Cannot use the handler "Cube": calculator.Calculator has no such method, only Square, add_up, Negate, Inspect',
    ],
    "the method of another service": [
      { Calculator: { ...ALL, Fail } },
      'Cannot use the handler "Fail": calculator.Calculator has no such method, only Square, add_up, Negate, Inspect',
    ],
    "null": [
      { handlers: { Square: null } },
      'Cannot use the handler "Square" of calculator.Calculator: it is null, not a function',
    ],
    "a class that was not made": [
      { Calculator: class Model {} },
      `Cannot find handlers for calculator.Calculator: ${wanted}, but exports Calculator`,
    ],
  };
  for (const [name, [module, message]] of Object.entries(rows)) {
    await t.step(name, () => {
      const error = (() => {
        try {
          findHandlers(module, calculator);
          return undefined;
        } catch (error) {
          return error;
        }
      })();
      assert.ok(error instanceof HandlersError);
      assert.equal(error.message, message);
    });
  }
});

Deno.test("findHandlers() does not take what every object has for a handler", () => {
  const [method] = calculator.methods;
  assert.ok(method !== undefined);
  const names = ["toString", "constructor", "valueOf", "hasOwnProperty"];
  const odd: ServiceSchema = {
    ...calculator,
    methods: names.map((name) => ({
      ...method,
      name,
      definition: { ...method.definition, originalName: name },
    })),
  };
  assert.throws(() => findHandlers({ handlers: {} }, odd), /but exports nothing$/);
  class Model {
    toString() {
      return "own";
    }
  }
  assert.deepEqual(find({ default: new Model() }, odd), {
    called: { toString: "own" },
    missing: names.slice(1),
  });
});

Deno.test("findHandlers() lists no more names than a sentence holds", () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`f${index}`, Square]));
  assert.throws(() => findHandlers(many, calculator), /exports f0, .*f9 and 20 more$/);
});

import { strict as assert } from "node:assert";
import { EnvelopeDecoder } from "../../rpc/envelope.ts";
import { HpackDecoder } from "../../rpc/http2/hpack/mod.ts";
import { ClientCall } from "../../rpc/mod.ts";
import { MessageReader } from "../../rpc/message_reader.ts";
import { CsvReader } from "../../tabular/mod.ts";
import { repositoryPath } from "../support/paths.ts";
import { printSeed } from "../support/random.ts";
import { runProgram } from "../support/run_program.ts";
import { createCsvLayer } from "./csv_layer.ts";
import type { FuzzLayer } from "./layer.ts";
import { createClientLayer } from "./client_layer.ts";
import { createEnvelopeLayer } from "./envelope_layer.ts";
import { loadFuzzServices } from "./fuzz_services.ts";
import { createHpackLayer } from "./hpack_layer.ts";
import { FuzzFailure, runFuzz } from "./run_fuzz.ts";
import { createServerLayer } from "./server_layer.ts";

/** What CI can afford: some seconds of CPU. The million is for `deno task fuzz --inputs 1000000`. */
const INPUTS = 5000;

Deno.test("A slice of the fuzz finds nothing, goes deep and leaves nothing behind", async () => {
  const seed = printSeed();
  const program = ["run", "-A", "--no-check", repositoryPath("tests/fuzz/main.ts")];
  const { code, stdout, stderr } = await runProgram(
    [Deno.execPath(), ...program, `--seed=${seed}`, `--inputs=${INPUTS}`],
    { cwd: repositoryPath("") },
  );
  console.log(stdout);
  assert.equal(code, 0, stderr);
});

/** A layer that does one thing at one case. */
function layerThat(act: () => void, at: number): FuzzLayer {
  let current = 0;
  return {
    name: "fake",
    share: 1,
    run: () => {
      if (current++ === at) act();
    },
  };
}

Deno.test("An input that is taken wrongly is named by its seed and its case", async () => {
  const layer = layerThat(() => assert.fail("wrong"), 3);
  await assert.rejects(runFuzz([layer], { seed: 5, inputs: 10 }), (error: Error) => {
    assert.ok(error instanceof FuzzFailure);
    assert.match(error.message, /case 3 \(again: deno task fuzz --seed 5 --case 3\): wrong$/);
    return true;
  });
});

Deno.test("A rejection that nobody handles is a failure", async () => {
  const layer = layerThat(() => void Promise.reject(new Error("lost")), 3);
  await assert.rejects(runFuzz([layer], { seed: 5, inputs: 10 }), /An error escaped .*: lost$/);
});

const services = await loadFuzzServices();

// deno-lint-ignore no-explicit-any
type Method = (...args: any[]) => any;

/** Ways to break the engine, and the layer that has to notice. */
const BREAKS: readonly {
  readonly name: string;
  readonly of: object;
  readonly method: string;
  readonly broken: (original: Method) => Method;
  readonly layer: FuzzLayer;
  readonly says: RegExp;
}[] = [
  {
    name: "a header decoder that throws what is no HpackError",
    of: HpackDecoder.prototype,
    method: "decode",
    broken: () => () => JSON.parse("{"),
    layer: createServerLayer(services, 1),
    says: /INTERNAL_ERROR/,
  },
  {
    name: "a header decoder that takes an empty list for what it cannot read",
    of: HpackDecoder.prototype,
    method: "decode",
    broken: (original) =>
      function (this: HpackDecoder, block) {
        try {
          return original.call(this, block);
        } catch {
          return { fields: [], listOctets: 0, withinLimits: true };
        }
      },
    layer: createHpackLayer(1),
    says: /what a plain decoder refuses is refused/,
  },
  {
    name: "a reader of messages that changes octets",
    of: EnvelopeDecoder.prototype,
    method: "push",
    broken: (original) =>
      function (this: EnvelopeDecoder, chunk: Uint8Array) {
        original.call(this, chunk.map((octet) => octet === 2 ? 3 : octet));
      },
    layer: createServerLayer(services, 1),
    says: /deep-equal/,
  },
  {
    name: "a reader that does not hear of the end",
    of: MessageReader.prototype,
    method: "end",
    broken: () => () => {},
    layer: createServerLayer(services, 1),
    says: /answers a request/,
  },
  {
    name: "a reader that drops what it holds at the end",
    of: EnvelopeDecoder.prototype,
    method: "next",
    broken: (original) =>
      function (this: EnvelopeDecoder) {
        return this.heldOctets < 12 && original.call(this);
      },
    layer: createEnvelopeLayer(1),
    says: /deep-equal|strictly equal/,
  },
  {
    name: "a call that does not hear that its stream is closed",
    of: ClientCall.prototype,
    method: "closed",
    broken: () => () => {},
    layer: createClientLayer(services, 1),
    says: /the call of .* hangs/,
  },
  {
    name: "a reader of CSV that throws what is no sentence",
    of: CsvReader.prototype,
    method: "finish",
    broken: (original) =>
      function (this: CsvReader) {
        try {
          return original.call(this);
        } catch {
          throw new RangeError("at 5");
        }
      },
    layer: createCsvLayer(1),
    says: /RangeError/,
  },
];

for (const { name, of, method, broken, layer, says } of BREAKS) {
  Deno.test({
    name: `The fuzz notices ${name}`,
    // What was broken does not clean up after itself.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const members = of as Record<string, Method>;
      const original = members[method];
      members[method] = broken(original);
      try {
        await assert.rejects(runFuzz([layer], { seed: 1, inputs: 500 }), says);
      } finally {
        members[method] = original;
      }
    },
  });
}

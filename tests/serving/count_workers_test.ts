import assert from "node:assert/strict";
import { serveSpec } from "../../cli/commands/serve_spec.ts";
import { UsageError } from "../../cli/mod.ts";
import { countWorkers } from "../../serving/count_workers.ts";

Deno.test("countWorkers() takes one per core, and no more than --workers takes", () => {
  const { maximum } = serveSpec.flags.workers;
  const count = (cores: number) => {
    Object.defineProperty(navigator, "hardwareConcurrency", { value: cores, configurable: true });
    return countWorkers({ host: "0.0.0.0", workers: 0 });
  };
  try {
    assert.deepEqual([count(1), count(4), count(maximum + 32)], [1, 4, maximum]);
  } finally {
    // Uncovers that of the prototype.
    Reflect.deleteProperty(navigator, "hardwareConcurrency");
  }
  assert.notEqual(navigator.hardwareConcurrency, maximum + 32);
});

Deno.test("countWorkers() takes one worker wherever it is, and several of no Unix socket", () => {
  assert.equal(countWorkers({ host: "unix:/s", workers: 1 }), 1);
  assert.throws(() => countWorkers({ host: "unix:/s", workers: 2 }), UsageError);
});

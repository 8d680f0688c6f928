import assert from "node:assert/strict";
import { chooseSample, printCsv, sampleRows } from "../../codegen/sample_rows.ts";
import { createRowMapper, planColumns, readRows } from "../../tabular/mod.ts";
import { loadProject, PROTO_CASES } from "./support.ts";

for (const proto of PROTO_CASES) {
  Deno.test(`The sample.csv of ${proto.name}.proto becomes messages without further flags`, async () => {
    const sample = chooseSample(await loadProject(proto));
    assert.ok(sample !== undefined);
    const { message, method } = sample;
    const text = printCsv(sampleRows(message));
    const rows = await readRows(chunks(text), { message });
    assert.ok(rows.header !== undefined);
    const plan = planColumns({ header: rows.header, columnCount: rows.columnCount, message });
    const mapper = createRowMapper(plan);
    const serialize = message === method.request
      ? method.definition.requestSerialize
      : method.definition.responseSerialize;
    let count = 0;
    for await (const batch of rows.batches) {
      for (const record of batch) {
        assert.ok(serialize(mapper.toMessage(record)).length > 0);
        count++;
      }
    }
    assert.equal(count, 3);
    const fields = new Set(plan.columns.flatMap(({ target }) => {
      const [first] = target?.path ?? [];
      return first?.kind === "field" ? [first.field.name] : [];
    }));
    const missing = message.fields.filter(({ name, type }) =>
      !fields.has(name) && !isFreeForm(type)
    );
    assert.deepEqual(missing.map(({ name }) => name), []);
  });
}

/** What no table can hold, or only for ever: Struct and its like, messages in themselves, messages without fields. */
function isFreeForm(type: { readonly kind: string }): boolean {
  return type.kind === "message";
}

async function* chunks(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(new TextEncoder().encode(text));
}

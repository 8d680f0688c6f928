import assert from "node:assert/strict";
import { INJECTED_ANOMALIES } from "../dataset/generate.ts";
import { repositoryPath } from "./support/paths.ts";
import { runProgram } from "./support/run_program.ts";

Deno.test("the demo prints the first and last predictions, the injected anomalies and the summary", async () => {
  const demo = repositoryPath("examples/demo.ts");
  const { code, stdout, stderr } = await runProgram([Deno.execPath(), "run", "-A", demo], {
    cwd: "/",
    timeoutMs: 30_000,
  });
  assert.deepEqual([code, stderr], [0, ""]);
  const [first = "", last = "", anomalies = "", summary = ""] = stdout.split("\n\n");
  const header = "id  sensor1  sensor2  sensor3  sensor4  answer.id  prediction";
  const rowsOf = (table: string) => {
    const [title = "", names = "", , ...rows] = table.split("\n");
    assert.equal(names.trim(), header);
    return { title, rows: rows.map((row) => row.trim().split(/ +/)) };
  };
  assert.deepEqual(rowsOf(first), {
    title: "The first 3 predictions",
    rows: [
      ["1", "46.47", "5.953", "99.4", "1.620", "1", "false"],
      ["2", "48.01", "6.023", "99.2", "1.291", "2", "false"],
      ["3", "46.36", "5.973", "93.9", "1.438", "3", "false"],
    ],
  });
  assert.equal(rowsOf(last).title, "The last 3 predictions");
  assert.deepEqual(rowsOf(last).rows.map(([id]) => id), ["1998", "1999", "2000"]);
  const found = rowsOf(anomalies);
  assert.equal(found.title, `All ${INJECTED_ANOMALIES.length} anomalies`);
  assert.deepEqual(
    found.rows.map((cells) => [cells[0], cells.at(-1)]),
    INJECTED_ANOMALIES.map(({ id }) => [String(id), "true"]),
  );
  assert.match(
    summary,
    /^2,000 rows read, 2,000 sent, 2,000 answered, 0 rejected in \S+ m?s \([\d,]+ rows\/s\)\nlatency p50 .*\n$/,
  );
});

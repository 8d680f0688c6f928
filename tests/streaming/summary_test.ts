/** What is said at the end of a run: the summary, a shortfall, a failed call. */
import assert from "node:assert/strict";
import { Metadata, RpcError } from "../../rpc/mod.ts";
import {
  callFailure,
  describeShortfall,
  formatSummary,
  type StreamSummary,
} from "../../streaming/mod.ts";

const SUMMARY: StreamSummary = {
  read: 3,
  sent: 3,
  answered: 3,
  rejected: 0,
  refused: 0,
  answers: 0,
  surplus: 0,
  strays: { count: 0, firstId: "" },
  resent: 0,
  firstUnansweredLine: undefined,
  failedLine: undefined,
  durationMs: 12,
  latency: undefined,
  status: { code: 0, message: "", trailers: new Metadata() },
  inputEnded: true,
  inputError: undefined,
};

Deno.test("formatSummary() counts rows, and groups digits", () => {
  const rows: readonly (readonly [counts: Partial<StreamSummary>, line: string])[] = [
    [{}, "3 rows read, 3 sent, 3 answered, 0 rejected in 12.0 ms (250 rows/s)"],
    [
      { read: 1, sent: 1, answered: 0, durationMs: 0.5 },
      "1 row read, 1 sent, 0 answered, 0 rejected in 0.500 ms (0 rows/s)",
    ],
    [
      { read: 2_000_000, sent: 1_999_999, answered: 1_999_999, rejected: 1, durationMs: 1234.5 },
      "2,000,000 rows read, 1,999,999 sent, 1,999,999 answered, 1 rejected in 1.23 s (1,620,088 rows/s)",
    ],
    [
      { read: 0, sent: 0, answered: 0, durationMs: 0 },
      "0 rows read, 0 sent, 0 answered, 0 rejected in 0.00 ms (0 rows/s)",
    ],
    [{ durationMs: 999.4 }, "3 rows read, 3 sent, 3 answered, 0 rejected in 999 ms (3 rows/s)"],
    [{ durationMs: 999.7 }, "3 rows read, 3 sent, 3 answered, 0 rejected in 1.00 s (3 rows/s)"],
    [{ durationMs: 754_321 }, "3 rows read, 3 sent, 3 answered, 0 rejected in 754 s (0 rows/s)"],
  ];
  for (const [counts, line] of rows) {
    assert.deepEqual(formatSummary({ ...SUMMARY, ...counts }), [line]);
  }
});

Deno.test("formatSummary() adds the latencies", () => {
  const latency = { p50: 0.41234, p95: 12.345, p99: 123.45, max: 4210 };
  assert.equal(
    formatSummary({ ...SUMMARY, latency })[1],
    "latency p50 0.412 ms, p95 12.3 ms, p99 123 ms, max 4.21 s",
  );
});

Deno.test("describeShortfall() tells what was not answered and what was not sent", () => {
  const rows: readonly (readonly [counts: Partial<StreamSummary>, text: string | undefined])[] = [
    [{}, undefined],
    [{ rejected: 2, read: 5 }, undefined],
    [
      { answered: 1 },
      "The server ended the call with OK, but 1 of 3 rows sent were answered",
    ],
    [
      { inputEnded: false },
      'The server ended the call with OK before the end of "a.csv": 3 of 3 rows sent were answered, the rest was not sent',
    ],
  ];
  for (const [counts, text] of rows) {
    assert.equal(describeShortfall({ ...SUMMARY, ...counts }, "a.csv"), text);
  }
});

Deno.test("callFailure() keeps code, details and trailers, and counts what is unanswered", () => {
  const trailers = Metadata.of({ reason: "x" });
  const details = Uint8Array.of(1);
  const status = { code: 5, message: "no such pump", details, trailers };
  const error = callFailure({ ...SUMMARY, status });
  assert.ok(error instanceof RpcError);
  assert.equal(error.message, "The call ended with NOT_FOUND: no such pump");
  assert.deepEqual([error.code, error.details, error.metadata], [5, details, trailers]);
  const silent = callFailure({ ...SUMMARY, answered: 1, status: { ...status, message: "" } });
  assert.equal(silent.message, "The call ended with NOT_FOUND; 2 of 3 rows sent have no answer");
});

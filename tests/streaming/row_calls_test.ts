/** A call for each row. */
import assert from "node:assert/strict";
import { Status } from "../../rpc/mod.ts";
import type { CsvRecord } from "../../tabular/mod.ts";
import { FakeCall } from "./fake_call.ts";
import { from, ids, NO_WAIT, pairs, rows, Server, stream } from "./row_rig.ts";

/** Answers a call with `count` messages once its request is there. */
function answerTimes(call: FakeCall, count: (id: number) => number): void {
  call.onEnd = () => {
    const id = Number(call.sent[0]?.id);
    call.answer(...Array.from({ length: count(id) }, () => ({ id })));
    call.finish();
  };
}

Deno.test("streamRows() makes a unary call for each row, at most maxInFlight at once, and keeps the order", async () => {
  let open = 0;
  let most = 0;
  const server = new Server((call) => {
    most = Math.max(most, ++open);
    call.onEnd = () =>
      setTimeout(() => {
        open--;
        call.answer(...call.sent);
        call.finish();
      }, Number(call.sent[0]?.id) % 3);
  });
  const ended = await stream(server, from(rows(1, 30)), { kind: "unary", maxInFlight: 4 });
  assert.deepEqual([ended.joined, ended.answered, most], [pairs(1, 30), 30, 4]);
  assert.deepEqual([server.calls.length, ended.sent, ended.status.code], [30, 30, Status.OK]);
});

Deno.test("streamRows() joins any number of streamed answers to their row", async () => {
  const server = new Server((call) => answerTimes(call, (id) => id % 4));
  const ended = await stream(server, from(rows(1, 7)), { kind: "server_streaming" });
  assert.deepEqual(ended.joined.map(([, line]) => line), [1, 2, 2, 3, 3, 3, 5, 6, 6, 7, 7, 7]);
  assert.deepEqual([ended.answered, ended.answers, ended.outcomes.at(-1)?.dealtWith], [7, 12, 7]);
});

Deno.test("streamRows() hands on the answers of the oldest row as they come", async () => {
  const waiting = Promise.withResolvers<void>();
  const server = new Server((call) => {
    call.onEnd = async () => {
      call.answer({ id: 1 });
      await waiting.promise;
      call.answer({ id: 1 });
      call.finish();
    };
  });
  const seen: number[] = [];
  const ended = await stream(server, from(rows(1, 1)), {
    kind: "server_streaming",
    retry: { limit: 0 },
    onOutcome: ({ answers, goesBeyond }) => {
      seen.push(...ids(answers));
      if (goesBeyond) waiting.resolve();
      return undefined;
    },
  });
  assert.deepEqual([seen, ended.answered], [[1, 1], 1]);
});

Deno.test("streamRows() with a call for each row repeats those that fail with UNAVAILABLE, as a whole", async () => {
  const failed = new Set<number>();
  const server = new Server((call) => {
    call.onEnd = () => {
      const id = Number(call.sent[0]?.id);
      call.answer({ id }, { id });
      const isFirst = id % 2 === 0 && !failed.has(id);
      failed.add(id);
      // Not whole: the two answers so far are void.
      call.finish(isFirst ? Status.UNAVAILABLE : Status.OK);
    };
  });
  const ended = await stream(server, from(rows(1, 6)), {
    kind: "server_streaming",
    retry: { limit: 1, backoff: NO_WAIT },
  });
  assert.deepEqual(
    ended.joined.map(([, line]) => line),
    [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6],
  );
  assert.deepEqual([ended.answered, ended.resent, server.calls.length], [6, 3, 9]);
});

Deno.test("streamRows() with a call for each row counts those as sent again that were sent before", async () => {
  const server = new Server((call, number) => {
    // Rows 1 and 2 find no server at first; the calls after those die with their rows.
    call.isStarted = number > 2;
    call.onEnd = () => {
      if (number <= 4) return call.finish(Status.UNAVAILABLE);
      call.answer(...call.sent);
      call.finish();
    };
  });
  const ended = await stream(server, from(rows(1, 2)), { kind: "unary" });
  assert.deepEqual([ended.answered, ended.resent, server.calls.length], [2, 2, 6]);
});

Deno.test("streamRows() stops at the first row whose own call fails, and keeps the rows before it", async () => {
  const server = new Server((call) => {
    call.onEnd = () => {
      if (call.sent[0]?.id === 3) return call.finish(Status.NOT_FOUND, "no pump 3");
      call.answer(...call.sent);
      call.finish();
    };
  });
  const ended = await stream(server, from(rows(1, 50)), { kind: "unary", maxInFlight: 1 });
  assert.deepEqual([ended.joined, ended.answered], [pairs(1, 2), 2]);
  assert.deepEqual([ended.status.code, ended.status.message], [Status.NOT_FOUND, "no pump 3"]);
  assert.deepEqual([ended.failedLine, server.calls.length, ended.inputEnded], [3, 3, false]);
});

Deno.test("streamRows() with skip leaves rows out whose own call fails, but not those of a server that is gone", async () => {
  const server = new Server((call) => {
    call.onEnd = () => {
      const id = Number(call.sent[0]?.id);
      if (id === 2) return call.finish(Status.INVALID_ARGUMENT, "two?");
      if (id === 4) return call.finish(Status.UNAVAILABLE, "gone");
      call.answer(...call.sent);
      call.finish();
    };
  });
  const ended = await stream(server, from(rows(1, 9)), {
    kind: "unary",
    maxInFlight: 1,
    onBadRow: "skip",
    retry: { limit: 1, backoff: NO_WAIT },
  });
  assert.deepEqual(ended.joined, [[1, 1], [3, 3]]);
  const rejections = ended.outcomes.flatMap(({ rejections }) => rejections);
  assert.deepEqual(rejections.map(({ line, reason }) => [line, reason]), [
    [2, "INVALID_ARGUMENT: two?"],
  ]);
  assert.deepEqual([ended.rejected, ended.status.code, ended.failedLine], [1, 14, 4]);
});

Deno.test("streamRows() with skip waits on for its input when a call fails meanwhile", async () => {
  const failed = Promise.withResolvers<void>();
  const server = new Server((call, number) => {
    call.onEnd = () => {
      if (number !== 2) call.answer(...call.sent);
      call.finish(number === 2 ? Status.INVALID_ARGUMENT : Status.OK);
      if (number === 2) failed.resolve();
    };
  });
  async function* slowly(): AsyncGenerator<CsvRecord[]> {
    yield rows(1, 2);
    await failed.promise;
    await new Promise((resolve) => setTimeout(resolve, 10));
    yield rows(3, 4);
  }
  const ended = await stream(server, slowly(), { kind: "unary", onBadRow: "skip" });
  assert.deepEqual([ended.joined, ended.rejected], [[[1, 1], [3, 3], [4, 4]], 1]);
  assert.equal(ended.inputEnded, true);
});

Deno.test("streamRows() with skip rejects no row for being behind the one that ended the run", async () => {
  const server = new Server((call, number) => {
    call.onEnd = () => {
      // Rows 2 to 4 wait for their answers then.
      if (number === 4) server.calls[0]?.finish(Status.UNAUTHENTICATED, "who?");
    };
  });
  const ended = await stream(server, from(rows(1, 4)), { kind: "unary", onBadRow: "skip" });
  assert.deepEqual(ended.outcomes.flatMap(({ rejections }) => rejections), []);
  assert.deepEqual([ended.rejected, ended.answered, ended.failedLine], [0, 0, 1]);
  assert.equal(ended.status.code, Status.UNAUTHENTICATED);
});

Deno.test("streamRows() hands on whole rows before a part of the next, so that a checkpoint can be between them", async () => {
  const server = new Server((call, number) => {
    call.onEnd = () => {
      // Whenever a row is whole, the one behind it has begun.
      call.answer(...call.sent);
      setTimeout(() => {
        server.calls[number - 2]?.finish();
        if (number === 20) call.finish();
      }, number);
    };
  });
  const ended = await stream(server, from(rows(1, 20)), {
    kind: "server_streaming",
    retry: { limit: 0 },
  });
  const cuts = ended.outcomes.filter(({ goesBeyond }) => !goesBeyond);
  assert.ok(
    cuts.length >= 1 && cuts.some(({ dealtWith }) => dealtWith < 20),
    `${cuts.length} cuts`,
  );
  assert.equal(ended.answers, 20);
});

Deno.test("streamRows() with skip ends once more than maxErrors rows are left out", async () => {
  const server = new Server((call) => {
    call.onEnd = () => call.finish(Status.INVALID_ARGUMENT);
  });
  const ended = await stream(server, from(rows(1, 50)), {
    kind: "unary",
    maxInFlight: 1,
    onBadRow: "skip",
    maxErrors: 2,
  });
  assert.match(String(ended.inputError), /Stopped after 3 rejected rows: --max-errors allows 2$/);
  assert.deepEqual([ended.rejected, server.calls.length], [3, 3]);
});

Deno.test("streamRows() takes a unary call with no answer, or with two, for a failed one", async () => {
  for (const count of [0, 2]) {
    const server = new Server((call) => answerTimes(call, () => count));
    const { status } = await stream(server, from(rows(1, 1)), { kind: "unary" });
    assert.equal(status.code, Status.UNIMPLEMENTED);
    assert.match(status.message, /answers one message, (none|more) came$/);
  }
});

Deno.test("streamRows() reads no further ahead in a row's answers than it holds for its turn", async () => {
  const turn = Promise.withResolvers<void>();
  let given = 0;
  const server = new Server((call, number) => {
    if (number === 1) {
      call.onEnd = () => turn.promise.then(() => call.finish());
      return;
    }
    const { nextBatch } = call.responses;
    call.responses.nextBatch = (limit) => {
      if (given === 5000) call.finish();
      else call.answer(...Array.from({ length: 10 }, () => ({ id: 2 })));
      given = Math.min(5000, given + 10);
      return nextBatch(limit);
    };
  });
  const running = stream(server, from(rows(1, 2)), { kind: "server_streaming" });
  for (let turns = 0; turns < 300; turns++) await new Promise((resolve) => setTimeout(resolve));
  // What is held, and the batch that went beyond it.
  assert.ok(given > 1000 && given <= 1040, `${given}`);
  turn.resolve();
  const { joined, answered } = await running;
  assert.deepEqual([joined.length, answered], [5000, 2]);
});

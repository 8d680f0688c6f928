/** Calls that fail and are made anew: on one call for all rows, and with a call for each. */
import assert from "node:assert/strict";
import { Status } from "../../rpc/mod.ts";
import {
  type Outcome,
  type RowCall,
  streamRows,
  type StreamRowsOptions,
  type StreamSummary,
} from "../../streaming/mod.ts";
import type { CsvRecord, Message } from "../../tabular/mod.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { FakeCall } from "./fake_call.ts";

const NO_WAIT = { initialMs: 0, factor: 1, jitter: 0, maxMs: 0 };

function rows(from: number, to: number): CsvRecord[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    cells: [String(from + index)],
    line: from + index,
  }));
}

async function* from(...batches: CsvRecord[][]): AsyncGenerator<CsvRecord[]> {
  yield* batches;
}

/** Calls by their number, from 1 on; `script` says what the server does on each. */
class Server {
  readonly calls: FakeCall[] = [];
  readonly #script: (call: FakeCall, number: number) => void;

  constructor(script: (call: FakeCall, number: number) => void) {
    this.#script = script;
  }

  readonly open = (): RowCall => {
    const call = new FakeCall();
    this.calls.push(call);
    this.#script(call, this.calls.length);
    return call;
  };
}

function ids(messages: readonly Message[]): number[] {
  return messages.map(({ id }) => Number(id));
}

function echo(call: FakeCall): void {
  call.onSend = (message) => {
    call.answer(message);
    return true;
  };
  call.onEnd = () => call.finish();
}

interface Ended extends StreamSummary {
  readonly joined: readonly (readonly [answer: number, line: number | undefined])[];
  readonly outcomes: readonly Outcome[];
}

async function stream(
  server: Server,
  batches: AsyncIterable<CsvRecord[]>,
  options: Partial<StreamRowsOptions> = {},
): Promise<Ended> {
  const joined: (readonly [number, number | undefined])[] = [];
  const outcomes: Outcome[] = [];
  const summary = await withTimeout(
    streamRows(batches, {
      kind: "bidirectional",
      path: "/test.Service/Echo",
      openCalls: [server.open],
      mapper: { toMessage: ({ cells }) => ({ id: Number(cells[0]) }) },
      maxInFlight: 100,
      onBadRow: "stop",
      onOutcome: (outcome) => {
        outcomes.push(outcome);
        outcome.answers.forEach(({ id }, index) =>
          joined.push([Number(id), outcome.rows[index]?.line])
        );
        return undefined;
      },
      retry: { limit: 3, backoff: NO_WAIT },
      stop: new AbortController().signal,
      drainMs: 1000,
      ...options,
    }),
    5000,
    "the stream",
  );
  return { ...summary, joined, outcomes };
}

function pairs(from: number, to: number): (readonly [number, number])[] {
  return rows(from, to).map(({ line }) => [line, line] as const);
}

Deno.test("streamRows() sends exactly the unanswered rows again, and new ones after them", async () => {
  const server = new Server((call, number) => {
    if (number === 3) return echo(call);
    call.onSend = ({ id }) => {
      // Each of the first two calls answers ten rows, and dies with ten more in its hands.
      if (Number(id) <= number * 10) call.answer({ id });
      if (Number(id) === number * 10 + 10) {
        setTimeout(() => call.finish(Status.UNAVAILABLE, "gone"));
      }
      return true;
    };
  });
  const { joined, sent, answered, resent, status } = await stream(
    server,
    from(rows(1, 20), rows(21, 30), rows(31, 40)),
    { maxInFlight: 10 },
  );
  assert.deepEqual(joined, pairs(1, 40));
  assert.deepEqual([sent, answered, resent, status.code], [40, 40, 20, Status.OK]);
  assert.deepEqual(server.calls.map(({ sent }) => ids(sent)), [
    rows(1, 20).map(({ line }) => line),
    rows(11, 30).map(({ line }) => line).slice(0, 10).concat(rows(21, 30).map(({ line }) => line)),
    rows(21, 40).map(({ line }) => line),
  ]);
});

/** A call that dies with all of its rows, and one that takes a single row before it asks for patience. */
function blockedSecond(onFirst: (call: FakeCall) => void): Server {
  return new Server((call, number) => {
    if (number === 1) {
      call.onSend = ({ id }) => {
        if (id === 3) setTimeout(() => call.finish(Status.UNAVAILABLE, "gone"));
        return true;
      };
      return;
    }
    call.onSend = () => {
      call.onSend = (message) => {
        call.answer(message);
        return true;
      };
      onFirst(call);
      setTimeout(() => call.makeRoom(), 5);
      return false;
    };
    call.onEnd = () => call.finish();
  });
}

Deno.test("streamRows() gives no answer to a row that was not sent again yet", async () => {
  const server = blockedSecond((call) => call.answer({ id: 1 }, { id: 77 }));
  const { joined, answered, surplus } = await stream(server, from(rows(1, 3)));
  assert.deepEqual(joined, [[1, 1], [77, undefined], [2, 2], [3, 3]]);
  assert.deepEqual([answered, surplus], [3, 1]);
});

Deno.test("streamRows() does not send a row again that was answered by its id meanwhile", async () => {
  const idOf = ({ id }: Message) => String(id);
  const server = blockedSecond((call) => call.answer({ id: 2 }));
  const { answered, firstUnansweredLine } = await stream(server, from(rows(1, 3)), {
    ids: { request: idOf, answer: idOf },
  });
  assert.deepEqual(server.calls.map(({ sent }) => ids(sent)), [[1, 2, 3], [1, 3]]);
  assert.deepEqual([answered, firstUnansweredLine], [2, 1]);
});

Deno.test("streamRows() counts failures from the last answer on, and gives up after so many in a row", async () => {
  const told: number[] = [];
  const server = new Server((call, number) => {
    call.onSend = ({ id }) => {
      // Progress on the third call; none after it.
      if (number === 3 && id === 1) call.answer({ id });
      setTimeout(() => call.finish(Status.UNAVAILABLE, `gone ${number}`));
      return true;
    };
  });
  const { answered, status, firstUnansweredLine, inputEnded } = await stream(
    server,
    from(rows(1, 3)),
    {
      retry: { limit: 3, backoff: NO_WAIT, onRetry: ({ attempt }) => void told.push(attempt) },
    },
  );
  assert.deepEqual(told, [1, 2, 1, 2, 3]);
  assert.equal(server.calls.length, 6);
  assert.deepEqual([answered, status.code, status.message], [1, Status.UNAVAILABLE, "gone 6"]);
  assert.deepEqual([firstUnansweredLine, inputEnded], [2, true]);
});

Deno.test("streamRows() makes no call anew after any status but UNAVAILABLE, nor without --retry", async () => {
  const codes = Object.values(Status).filter((code) => code !== Status.OK);
  for (const code of codes) {
    for (const limit of [0, 3]) {
      if (code === Status.UNAVAILABLE && limit > 0) continue;
      const server = new Server((call) => {
        call.onSend = () => {
          setTimeout(() => call.finish(code));
          return true;
        };
      });
      const { status } = await stream(server, from(rows(1, 3)), {
        retry: { limit, backoff: NO_WAIT },
      });
      assert.deepEqual([server.calls.length, status.code], [1, code]);
    }
  }
});

Deno.test("streamRows() does not ask again when the server goes after its last answer", async () => {
  const server = new Server((call) => {
    echo(call);
    call.onEnd = () => call.finish(Status.UNAVAILABLE, "gone");
  });
  const { status, answered } = await stream(server, from(rows(1, 3)));
  assert.deepEqual([server.calls.length, answered, status.code], [1, 3, Status.OK]);
});

Deno.test("streamRows() waits no longer for a server that is gone once it is stopped", async () => {
  const stopping = new AbortController();
  const server = new Server((call) => {
    call.onSend = () => {
      setTimeout(() => call.finish(Status.UNAVAILABLE, "gone"));
      return true;
    };
  });
  const hour = { initialMs: 3_600_000, factor: 1, jitter: 0, maxMs: 3_600_000 };
  const { status, sent } = await stream(server, from(rows(1, 3)), {
    stop: stopping.signal,
    retry: { limit: 3, backoff: hour, onRetry: () => queueMicrotask(() => stopping.abort()) },
  });
  assert.deepEqual([status.code, sent, server.calls.length], [Status.UNAVAILABLE, 3, 1]);
});

Deno.test("streamRows() joins by id what a server reorders, over a failure, in the order of the rows", async () => {
  const idOf = ({ id }: Message) => String(id);
  const server = new Server((call, number) => {
    if (number === 1) {
      // Answers the odd ones backwards, then goes.
      call.onSend = ({ id }) => {
        if (id === 10) {
          call.answer({ id: 9 }, { id: 7 }, { id: 5 }, { id: 3 }, { id: 1 }, { id: 9 });
          setTimeout(() => call.finish(Status.UNAVAILABLE, "gone"));
        }
        return true;
      };
      return;
    }
    call.onEnd = () => {
      call.answer(...call.sent.toReversed());
      call.finish();
    };
  });
  const { joined, answered, strays } = await stream(server, from(rows(1, 10)), {
    ids: { request: idOf, answer: idOf },
  });
  assert.deepEqual(joined, pairs(1, 10));
  assert.equal(answered, 10);
  assert.deepEqual(strays, { count: 1, firstId: "9" });
  assert.deepEqual(ids(server.calls[1]?.sent ?? []), [2, 4, 6, 8, 10]);
});

Deno.test("streamRows() spreads rows over connections, and keeps their order", async () => {
  const servers = [1, 2, 3].map((delay) =>
    new Server((call) => {
      call.onSend = (message) => {
        setTimeout(() => call.answer(message), delay * 2);
        return true;
      };
      call.onEnd = () => setTimeout(() => call.finish(), 20);
    })
  );
  const [first] = servers;
  assert.ok(first !== undefined);
  const { joined, answered } = await stream(first, from(rows(1, 50), rows(51, 99)), {
    openCalls: servers.map(({ open }) => open),
  });
  assert.deepEqual([joined, answered], [pairs(1, 99), 99]);
  assert.deepEqual(servers.map(({ calls }) => calls[0]?.sent.length), [33, 33, 33]);
});

Deno.test("streamRows() ends with the failure of one connection, and keeps what the others answer", async () => {
  const healthy = new Server(echo);
  const failing = new Server((call) => {
    call.onSend = ({ id }) => {
      setTimeout(() => call.finish(Status.ABORTED, `no ${id}`));
      return true;
    };
  });
  const { joined, status, firstUnansweredLine, outcomes } = await stream(
    healthy,
    from(rows(1, 4)),
    { openCalls: [healthy.open, failing.open] },
  );
  assert.deepEqual([status.code, firstUnansweredLine], [Status.ABORTED, 2]);
  // Line 3 stands behind one without an answer: a checkpoint must not count it.
  assert.deepEqual(joined, [[1, 1], [3, 3]]);
  assert.deepEqual(outcomes.map(({ dealtWith, goesBeyond }) => [dealtWith, goesBeyond]), [
    [1, false],
    [1, true],
  ]);
});

// A call for each row.

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

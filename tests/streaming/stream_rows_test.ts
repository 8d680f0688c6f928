import assert from "node:assert/strict";
import { RpcError, Status } from "../../rpc/mod.ts";
import { streamRows, type StreamRowsOptions, type StreamSummary } from "../../streaming/mod.ts";
import { type CsvRecord, type Message, RowError } from "../../tabular/mod.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { FakeCall } from "./fake_call.ts";

/** A row whose only cell is its line; the mapper makes it `{ id }`, and refuses negative ones. */
function row(line: number): CsvRecord {
  return { cells: [String(line)], line };
}

function rows(from: number, to: number): CsvRecord[] {
  return Array.from({ length: to - from + 1 }, (_, index) => row(from + index));
}

const MAPPER = {
  toMessage({ cells, line }: CsvRecord): Message {
    const id = Number(cells[0]);
    if (id < 0) throw new RowError(`line ${line} is negative`, { line, reason: "negative" });
    return { id };
  },
};

const OPTIONS: Omit<StreamRowsOptions, "openCalls"> = {
  mapper: MAPPER,
  kind: "bidirectional",
  path: "/test.Service/Echo",
  maxInFlight: 100,
  onBadRow: "stop",
  onOutcome: () => undefined,
  stop: new AbortController().signal,
  drainMs: 1000,
};

async function* from(...batches: CsvRecord[][]): AsyncGenerator<CsvRecord[]> {
  yield* batches;
}

/** Batches, and then nothing: a pipe whose writer says no more. */
async function* silentAfter(...batches: CsvRecord[][]): AsyncGenerator<CsvRecord[]> {
  yield* batches;
  await new Promise(() => {});
}

function stream(
  call: FakeCall,
  batches: AsyncIterable<CsvRecord[]>,
  options: Partial<StreamRowsOptions> = {},
): Promise<StreamSummary> {
  const openCalls = [() => call];
  return withTimeout(
    streamRows(batches, { ...OPTIONS, openCalls, ...options }),
    5000,
    "the stream",
  );
}

/** A server that answers each message at once, and ends with the client. */
function echo(): FakeCall {
  const call = new FakeCall();
  call.onSend = (message) => {
    call.answer({ ...message, answered: true });
    return true;
  };
  call.onEnd = () => call.finish();
  return call;
}

function ids(messages: readonly Message[]): unknown[] {
  return messages.map(({ id }) => id);
}

function lines(records: readonly CsvRecord[]): number[] {
  return records.map(({ line }) => line);
}

/** Lets all that can go on without timers and sockets go on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("streamRows() joins answers to rows in order, across batches", async () => {
  const call = echo();
  const joined: unknown[] = [];
  const summary = await stream(call, from(rows(1, 3), rows(4, 4), rows(5, 3000)), {
    onOutcome: ({ answers, rows }) => {
      answers.forEach((answer, index) => joined.push([answer.id, rows[index]?.line]));
      return undefined;
    },
  });
  assert.deepEqual(joined, rows(1, 3000).map(({ line }) => [line, line]));
  const { read, sent, answered, rejected, surplus, inputEnded, inputError, status } = summary;
  assert.deepEqual([read, sent, answered, rejected, surplus], [3000, 3000, 3000, 0, 0]);
  assert.deepEqual([inputEnded, inputError, status.code], [true, undefined, Status.OK]);
  assert.ok(summary.latency !== undefined && summary.latency.max < 5000);
});

Deno.test("streamRows() never has more rows unanswered than maxInFlight", async () => {
  for (const maxInFlight of [1, 2, 7]) {
    const call = new FakeCall();
    let unanswered = 0;
    let most = 0;
    call.onSend = (message) => {
      most = Math.max(most, ++unanswered);
      // Late, and two at a time.
      if (unanswered === maxInFlight || message.id === 60) {
        const count = Math.min(2, unanswered);
        setTimeout(() => {
          unanswered -= count;
          call.answer(...Array.from({ length: count }, () => ({ id: 0 })));
        });
      }
      return true;
    };
    call.onEnd = () => {
      call.answer(...Array.from({ length: unanswered }, () => ({ id: 0 })));
      call.finish();
    };
    const { sent, answered } = await stream(call, from(rows(1, 60)), { maxInFlight });
    assert.deepEqual([most, sent, answered], [maxInFlight, 60, 60]);
  }
});

Deno.test("streamRows() waits for room on the call", async () => {
  const call = new FakeCall();
  call.onSend = () => false;
  call.onEnd = () => call.finish();
  const done = stream(call, from(rows(1, 3)));
  for (let sent = 1; sent <= 3; sent++) {
    await settle();
    assert.equal(call.sent.length, sent);
    call.makeRoom();
  }
  assert.equal((await done).sent, 3);
});

Deno.test("streamRows() reads no answers while onOutcome is busy, and sends no rows for them", async () => {
  const call = echo();
  const busy = Promise.withResolvers<void>();
  const written: number[][] = [];
  const done = stream(call, from(rows(1, 50)), {
    maxInFlight: 10,
    onOutcome: ({ rows }) => {
      written.push(lines(rows));
      return written.length === 1 ? busy.promise : undefined;
    },
  });
  await settle();
  await settle();
  const [first = []] = written;
  assert.equal(written.length, 1);
  assert.equal(call.reads, 1);
  assert.equal(call.sent.length, 10 + first.length);
  busy.resolve();
  assert.equal((await done).answered, 50);
  assert.deepEqual(written.flat(), lines(rows(1, 50)));
});

Deno.test("streamRows() says once that rows wait for answers which do not come", async () => {
  const call = new FakeCall();
  const told: number[] = [];
  const done = stream(call, from(rows(1, 5)), {
    maxInFlight: 2,
    stallMs: 5,
    onStall: (unanswered) => {
      told.push(unanswered);
      call.answer(...call.sent);
      call.onSend = (message) => {
        call.answer(message);
        return true;
      };
      call.onEnd = () => call.finish();
    },
  });
  const { sent, answered } = await done;
  assert.deepEqual([told, sent, answered], [[2], 5, 5]);
});

Deno.test("streamRows() sends the rows before a bad one, and keeps its error", async () => {
  const call = echo();
  const summary = await stream(call, from([row(1), row(2), row(-3), row(4)], rows(5, 6)));
  assert.deepEqual(ids(call.sent), [1, 2]);
  assert.ok(summary.inputError instanceof RowError);
  const { read, sent, answered, rejected, inputEnded } = summary;
  assert.deepEqual([read, sent, answered, rejected, inputEnded], [3, 2, 2, 1, false]);
});

Deno.test("streamRows() with skip leaves bad rows out, at the pace of onOutcome", async () => {
  const call = echo();
  const skipped: number[] = [];
  const patience = Promise.withResolvers<void>();
  const done = stream(call, from([row(-1), row(2), row(-3), row(4)]), {
    onBadRow: "skip",
    onOutcome: ({ rejections }) => {
      skipped.push(...rejections.map(({ line }) => line));
      return rejections.length > 0 ? patience.promise : undefined;
    },
  });
  await settle();
  assert.deepEqual([skipped, ids(call.sent)], [[-1], []]);
  patience.resolve();
  const { read, sent, answered, rejected, inputEnded } = await done;
  assert.deepEqual([read, sent, answered, rejected, inputEnded], [4, 2, 2, 2, true]);
  assert.deepEqual([skipped, ids(call.sent)], [[-1, -3], [2, 4]]);
});

Deno.test("streamRows() answers the rows before a source that fails, and keeps the failure", async () => {
  const call = echo();
  const failure = new Error("the disk is gone");
  const failing = async function* () {
    yield rows(1, 3);
    throw failure;
  };
  const { inputError, answered, inputEnded, status } = await stream(call, failing());
  assert.deepEqual([answered, inputEnded, status.code], [3, false, Status.OK]);
  assert.equal(inputError, failure);
});

Deno.test("streamRows() keeps an error of the call's encoder as one of the input", async () => {
  const call = echo();
  const failure = new RpcError(Status.INTERNAL, "does not fit its type");
  call.onSend = () => {
    call.cancel();
    throw failure;
  };
  const { inputError, status } = await stream(call, from(rows(1, 3)));
  assert.deepEqual([inputError, status.code], [failure, Status.CANCELLED]);
});

Deno.test("streamRows() ends when the call does, though the source is silent", async () => {
  for (const code of [Status.OK, Status.NOT_FOUND]) {
    const call = echo();
    const done = stream(call, silentAfter(rows(1, 2)));
    await settle();
    call.finish(code, "that is all");
    const { status, inputEnded, answered } = await done;
    assert.deepEqual([status.code, status.message], [code, "that is all"]);
    assert.deepEqual([inputEnded, answered], [false, 2]);
  }
});

Deno.test("streamRows() knows whether rows were left when the server ended the call well", async (t) => {
  const cases: Record<string, { batches: CsvRecord[][]; inputEnded: boolean }> = {
    "no row": { batches: [rows(1, 2)], inputEnded: true },
    "rows of the same batch": { batches: [rows(1, 5)], inputEnded: false },
    "rows of the next batch": { batches: [rows(1, 2), rows(3, 5)], inputEnded: false },
  };
  for (const [name, { batches, inputEnded }] of Object.entries(cases)) {
    await t.step(name, async () => {
      const call = new FakeCall();
      call.onSend = (message) => {
        call.answer(message);
        if (message.id === 2) call.finish();
        return true;
      };
      const ended = await stream(call, from(...batches), { maxInFlight: 1 });
      assert.deepEqual([ended.sent, ended.answered, ended.status.code], [2, 2, Status.OK]);
      assert.equal(ended.inputEnded, inputEnded);
    });
  }
});

Deno.test("streamRows() with a group left when the server ends the call well says that the input has more", async () => {
  const call = new FakeCall();
  call.onSend = (message) => {
    call.answer(message);
    call.finish();
    return true;
  };
  let open: CsvRecord[] = [];
  const close = () => {
    const records = open;
    open = [];
    return records.length === 0 ? undefined : { message: { id: records[0]?.line }, records };
  };
  // Two rows a message.
  const grouper = {
    isOpen: true,
    push: (record: CsvRecord) => {
      const group = open.length === 2 ? close() : undefined;
      open.push(record);
      return group;
    },
    finish: close,
  };
  const ended = await stream(call, from(rows(1, 3)), { grouper });
  assert.deepEqual([ended.read, ended.sent, ended.answered, ended.inputEnded], [3, 1, 1, false]);
});

Deno.test("streamRows() lets go of a source that it does not read to its end", async () => {
  let returned = false;
  const endless = async function* () {
    try {
      for (let line = 1;; line += 10) yield rows(line, line + 9);
    } finally {
      returned = true;
    }
  };
  const call = echo();
  call.onSend = ({ id }) => {
    if (id === 25) call.finish(Status.ABORTED);
    return true;
  };
  const { sent, read, inputEnded } = await stream(call, endless());
  assert.deepEqual([sent, read, inputEnded, returned], [25, 26, false, true]);
});

Deno.test("streamRows() stops at once while the source, room or the call holds it back", async (t) => {
  const late = (call: FakeCall) => {
    call.onEnd = () => {
      call.answer(...call.sent);
      call.finish();
    };
    return call;
  };
  const cases: Record<string, () => [FakeCall, AsyncIterable<CsvRecord[]>, number]> = {
    "the source": () => [late(new FakeCall()), silentAfter(rows(1, 2)), 2],
    "room": () => [late(new FakeCall()), from(rows(1, 200)), 100],
  };
  for (const [name, prepare] of Object.entries(cases)) {
    await t.step(name, async () => {
      const [call, source, wanted] = prepare();
      const stopping = new AbortController();
      const done = stream(call, source, { stop: stopping.signal });
      await settle();
      assert.equal(call.isEnded, false);
      stopping.abort();
      const { sent, answered, inputEnded, status } = await done;
      assert.deepEqual([sent, answered, inputEnded], [wanted, wanted, false]);
      assert.equal(status.code, Status.OK);
    });
  }
});

Deno.test("streamRows() that was stopped before it began sends nothing and ends the call", async () => {
  const call = echo();
  const { read, sent } = await stream(call, from(rows(1, 2)), { stop: AbortSignal.abort() });
  assert.deepEqual([read, sent, call.isEnded], [0, 0, true]);
});

Deno.test("streamRows() cancels a stopped call that is not drained within drainMs", async (t) => {
  for (const isFull of [false, true]) {
    await t.step(isFull ? "with a full window" : "without answers", async () => {
      const call = new FakeCall();
      call.onSend = () => !isFull;
      const stopping = new AbortController();
      const done = stream(call, from(rows(1, 3)), { stop: stopping.signal, drainMs: 20 });
      await settle();
      stopping.abort();
      const { status, sent, answered } = await done;
      assert.deepEqual([call.cancelledWith, status.code], ["Interrupted", Status.CANCELLED]);
      assert.deepEqual([sent, answered], [isFull ? 1 : 3, 0]);
    });
  }
});

Deno.test("streamRows() throws what onOutcome throws, and cancels the call", async (t) => {
  const failure = new Error("No space left on device");
  const cases: Record<string, StreamRowsOptions["onOutcome"]> = {
    "at once": () => {
      throw failure;
    },
    "later": () => Promise.reject(failure),
  };
  for (const [name, onOutcome] of Object.entries(cases)) {
    await t.step(name, async () => {
      const call = echo();
      await assert.rejects(stream(call, silentAfter(rows(1, 3)), { onOutcome }), failure);
      assert.equal(call.cancelledWith, "The answers could not be written");
    });
    await t.step(`${name}, after the call has ended`, async () => {
      const call = echo();
      await assert.rejects(stream(call, from(rows(1, 3)), { onOutcome }), failure);
      assert.equal(call.isDone, true);
    });
  }
});

Deno.test("streamRows() ends a call whose answers cannot be read, with the status of the failure", async () => {
  const call = echo();
  const done = stream(call, silentAfter(rows(1, 2)));
  await settle();
  call.failRead(new RpcError(Status.RESOURCE_EXHAUSTED, "too large"));
  const { status, answered } = await done;
  assert.deepEqual([status.code, status.message], [Status.RESOURCE_EXHAUSTED, "too large"]);
  assert.deepEqual([answered, call.isDone], [2, true]);
});

Deno.test("streamRows() counts answers that no row asked for", async () => {
  const call = new FakeCall();
  call.onEnd = () => {
    call.answer({ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 });
    call.finish();
  };
  const seen: number[] = [];
  const { answered, surplus } = await stream(call, from(rows(1, 3)), {
    onOutcome: ({ answers, rows }) => {
      seen.push(answers.length, rows.length);
      return undefined;
    },
  });
  assert.deepEqual([answered, surplus, seen], [3, 1, [4, 3]]);
});

Deno.test("streamRows() takes one answer for all rows", async (t) => {
  const cases = [[0, 0, 0], [1, 500, 0], [3, 500, 2]] as const;
  for (const [count, wantedAnswered, wantedSurplus] of cases) {
    await t.step(`${count} answers`, async () => {
      const call = new FakeCall();
      call.onEnd = () => {
        call.answer(...Array.from({ length: count }, (): Message => ({ total: 1 })));
        call.finish();
      };
      const summary = await stream(call, from(rows(1, 500)), {
        kind: "client_streaming",
        maxInFlight: 1,
        onOutcome: ({ rows }) => {
          assert.deepEqual(rows, []);
          return undefined;
        },
      });
      const { sent, answered, surplus, latency } = summary;
      assert.deepEqual([sent, answered, surplus], [500, wantedAnswered, wantedSurplus]);
      assert.equal(latency, undefined);
    });
  }
});

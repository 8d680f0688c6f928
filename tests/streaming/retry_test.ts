/** One call for all rows that fails and is made anew. */
import assert from "node:assert/strict";
import { Status } from "../../rpc/mod.ts";
import type { Message } from "../../tabular/mod.ts";
import { FakeCall } from "./fake_call.ts";
import { echo, from, ids, NO_WAIT, pairs, rows, Server, stream } from "./row_rig.ts";

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

Deno.test("streamRows() counts no row as sent again that was queued for a connection that never came", async () => {
  const second = Promise.withResolvers<void>();
  const server = new Server((call, number) => {
    if (number === 5) return echo(call);
    if (number === 2) second.resolve();
    // The second and the fourth find no server.
    call.isStarted = number % 2 === 1;
    call.onSend = ({ id }) => {
      if (id === (number === 1 ? 10 : 30)) setTimeout(() => call.finish(Status.UNAVAILABLE));
      return true;
    };
  });
  async function* input() {
    yield rows(1, 10);
    await second.promise;
    yield rows(11, 30);
  }
  const { answered, resent } = await stream(server, input(), {
    retry: { limit: 4, backoff: NO_WAIT },
  });
  assert.deepEqual(server.calls.map(({ sent }) => sent.length), [10, 30, 30, 30, 30]);
  // The first ten on the third call, and all on the fifth.
  assert.deepEqual([answered, resent], [30, 40]);
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

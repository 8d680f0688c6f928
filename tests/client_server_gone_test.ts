/** `broker stream` before a server that goes away, or answers what it was not asked. */
import assert from "node:assert/strict";
import { type Ran, runBroker, type Running, startBroker } from "./support/broker.ts";
import type { TestIoOptions } from "../cli/test_io.ts";
import { repositoryPath } from "./support/paths.ts";
import { listenScripted, type ScriptedPeer } from "./support/scripted_peer.ts";
import {
  CODE,
  concat,
  data,
  envelope,
  type Fields,
  FRAME,
  goaway,
  grpcResponse,
  grpcTrailers,
  headers,
  openEnvelopes,
  rstStream,
} from "./support/wire.ts";
import { withTimeout } from "./support/with_timeout.ts";

const ROWS = "id\n1\n2\n3\n";
/** A scripted server has no reflection. */
const SCHEMA = ["--proto", repositoryPath("proto/databroker.proto")];
/** An envelope of a `BrokerRequest` that has a small id alone. */
const REQUEST_OCTETS = 7;

/** Runs `stream` against a server that does what the script says once the call's headers have come. */
async function streamTo(
  script: (server: ScriptedPeer, client: Running) => Promise<void>,
  options: TestIoOptions & { readonly flags?: readonly string[] } = {},
): Promise<Ran> {
  await using listener = listenScripted();
  const { flags = [], stdin = ROWS } = options;
  const schema = flags.includes("--proto") ? [] : SCHEMA;
  const target = `127.0.0.1:${listener.port}`;
  const client = startBroker(["stream", "-", target, ...schema, ...flags], {
    ...options,
    stdin,
  });
  await using server = await listener.accept();
  await server.expectHeaders(1);
  await script(server, client);
  return await client.ended();
}

/** DATA with an answer for each id. */
function answers(...ids: number[]): Uint8Array {
  return data(1, concat(ids.map((id) => envelope(Uint8Array.of(8, id, 16, 1)))));
}

function head(): Uint8Array {
  return headers(1, grpcResponse());
}

function end(status: number, extra: Fields = []): Uint8Array {
  return headers(1, grpcTrailers(status, extra), { endStream: true });
}

/** Waits for this many requests, which are as short as those of `ROWS`. */
async function expectRows(server: ScriptedPeer, count: number): Promise<void> {
  const octets = await server.expectData(1, count * REQUEST_OCTETS);
  assert.equal(openEnvelopes(octets).length, count);
}

/** Rows from a source that never ends and, after these, says nothing. */
function silentAfter(text: string, onCancel: () => void = () => {}): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
    cancel: onCancel,
  });
}

function jsonl(...ids: number[]): string {
  return ids.map((id) => `{"id":${id},"prediction":true}\n`).join("");
}

Deno.test("stream ends with 3 when the server ends the call well and leaves rows unanswered", async () => {
  const { exitCode, stdout, stderr } = await streamTo(async (server) => {
    await expectRows(server, 3);
    await server.send(head(), answers(1), end(0));
  });
  assert.deepEqual([exitCode, stdout], [3, jsonl(1)]);
  assert.match(stderr, /^3 rows read, 3 sent, 1 answered, 0 rejected in .*\nlatency .*\n/);
  assert.match(
    stderr,
    /\nerror: The server ended the call with OK, but 1 of 3 rows sent were answered; the first without an answer is line 3\n$/,
  );
});

Deno.test("stream ends with 3 when the server ends the call before the input, however silent that is", async () => {
  let cancelled = false;
  const { exitCode, stdout, stderr } = await streamTo(async (server) => {
    await expectRows(server, 2);
    await server.send(head(), answers(1, 2), end(0));
  }, { stdin: silentAfter("id\n1\n2\n", () => cancelled = true) });
  assert.deepEqual([exitCode, stdout], [3, jsonl(1, 2)]);
  assert.match(
    stderr,
    /\nerror: The server ended the call with OK before the end of "stdin": 2 of 2 rows sent were answered, the rest was not sent\n$/,
  );
  assert.ok(cancelled);
});

Deno.test("stream ends with 64 + the status that the server ends the call with", async (t) => {
  const rows: readonly (readonly [status: number, message: string, sentence: string])[] = [
    [5, "no%20more%20data", "NOT_FOUND: no more data"],
    [8, "", "RESOURCE_EXHAUSTED"],
    [11, "a%0Ab%1B[31m", "OUT_OF_RANGE: a\\nb\\u001b[31m"],
    [16, "who are you?", "UNAUTHENTICATED: who are you?"],
  ];
  for (const [status, message, sentence] of rows) {
    await t.step(`${status}`, async () => {
      const { exitCode, stdout, stderr } = await streamTo(async (server) => {
        await expectRows(server, 3);
        const extra: Fields = message === "" ? [] : [["grpc-message", message]];
        await server.send(head(), answers(1, 2), end(status, extra));
      });
      assert.deepEqual([exitCode, stdout], [64 + status, jsonl(1, 2)]);
      const [, , last] = stderr.split("\n");
      assert.equal(
        last,
        `error: The call ended with ${sentence}; 1 of 3 rows sent have no answer, the first is line 4`,
      );
    });
  }
});

Deno.test("stream takes a status without an answer, and one that comes as headers alone", async () => {
  const { exitCode, stdout, stderr } = await streamTo(async (server) => {
    const fields: Fields = [...grpcResponse(), ...grpcTrailers(7)];
    await server.send(headers(1, fields, { endStream: true }));
  });
  assert.deepEqual([exitCode, stdout], [71, ""]);
  assert.match(stderr, /^\d rows? read, .*\nerror: The call ended with PERMISSION_DENIED/);
});

Deno.test("stream names a server that speaks HTTP/2 but not gRPC", async () => {
  const { exitCode, stderr } = await streamTo(async (server) => {
    const fields: Fields = [[":status", "404"], ["content-type", "text/html"]];
    await server.send(headers(1, fields, { endStream: true }));
  });
  assert.equal(exitCode, 76);
  assert.match(
    stderr,
    /UNIMPLEMENTED: The server's answer is not gRPC: HTTP status 404, content-type text\/html/,
  );
});

Deno.test("stream ends with 78 when the connection is cut, after whole rows of what was answered", async (t) => {
  const header = "id,prediction\n";
  const half = envelope(Uint8Array.of(8, 3, 16, 1)).subarray(0, 6);
  const rows: Record<string, (server: ScriptedPeer) => Promise<void>> = {
    "at once": (server) => server.close(),
    "between two answers": async (server) => {
      await server.send(head(), answers(1, 2));
      await server.roundTrip();
      await server.close();
    },
    "within an answer": async (server) => {
      await server.send(head(), answers(1, 2), data(1, half));
      await server.roundTrip();
      await server.close();
    },
    "after GOAWAY": async (server) => {
      await server.send(head(), answers(1, 2), goaway(1, CODE.INTERNAL_ERROR, "out of memory"));
      await server.close();
    },
  };
  for (const [name, cut] of Object.entries(rows)) {
    await t.step(name, async () => {
      const { exitCode, stdout, stderr } = await streamTo(async (server) => {
        await expectRows(server, 3);
        await cut(server);
      }, { flags: ["-O", "csv"] });
      assert.equal(exitCode, 78, stderr);
      assert.ok([header, `${header}1,true\n2,true\n`].includes(stdout), stdout);
      if (name.includes("answer")) assert.equal(stdout, `${header}1,true\n2,true\n`);
      assert.match(
        stderr,
        /^3 rows read, 3 sent, .*\n(?:latency .*\n)?error: The call ended with UNAVAILABLE: .*; \d of 3 rows sent have no answer, the first is line [24]\n$/,
      );
    });
  }
});

Deno.test("stream ends with the status that a reset stands for", async (t) => {
  const rows = [["CANCEL", 65], ["INTERNAL_ERROR", 77], ["ENHANCE_YOUR_CALM", 72]] as const;
  for (const [code, wanted] of rows) {
    await t.step(code, async () => {
      const { exitCode, stdout, stderr } = await streamTo(async (server) => {
        await expectRows(server, 3);
        await server.send(head(), answers(1));
        await server.roundTrip();
        await server.send(rstStream(1, CODE[code]));
      });
      assert.deepEqual([exitCode, stdout], [wanted, jsonl(1)], stderr);
      assert.ok(stderr.includes(`The server reset the call with ${code}`), stderr);
    });
  }
});

Deno.test("stream says that there were more answers than rows, and keeps them", async () => {
  const { exitCode, stdout, stderr } = await streamTo(async (server) => {
    await expectRows(server, 3);
    await server.send(head(), answers(1, 2, 3, 4, 5), end(0));
  }, { flags: ["-O", "csv", "--join"] });
  assert.equal(exitCode, 3);
  assert.equal(
    stdout,
    "id,answer.id,prediction\n1,1,true\n2,2,true\n3,3,true\n,4,true\n,5,true\n",
  );
  assert.match(
    stderr,
    /^3 rows read, 3 sent, 3 answered.*\n.*\nerror: The server sent 2 more answers than rows: /,
  );
});

Deno.test("stream ends with 64 + INTERNAL and the summary when an answer cannot be decoded", async (t) => {
  const nonsense = Uint8Array.of(0xff, 0xff, 0xff);
  const rows: Record<string, Uint8Array[]> = {
    "alone": [head(), answers(1), data(1, envelope(nonsense))],
    "with the one before": [
      head(),
      data(1, concat([envelope(Uint8Array.of(8, 1, 16, 1)), envelope(nonsense)])),
    ],
    "before the status": [head(), answers(1), data(1, envelope(nonsense)), end(0)],
    "compressed without a word": [head(), answers(1), data(1, envelope(nonsense, true))],
  };
  for (const [name, frames] of Object.entries(rows)) {
    await t.step(name, async () => {
      const { exitCode, stdout, stderr } = await streamTo(async (server) => {
        await expectRows(server, 3);
        await server.send(...frames);
      });
      assert.deepEqual([exitCode, stdout], [77, jsonl(1)], stderr);
      assert.match(
        stderr,
        /^3 rows read, 3 sent, 1 answered, .*\nlatency .*\nerror: The call ended with INTERNAL: /,
      );
    });
  }
});

Deno.test("stream says both what was wrong with the input and how the call ended", async () => {
  const { exitCode, stderr } = await streamTo(async (server) => {
    await expectRows(server, 1);
    await server.send(head(), answers(1), end(9));
  }, { stdin: "id\n1\nx\n" });
  assert.equal(exitCode, 73);
  assert.match(
    stderr,
    /\nerror: Cannot read "stdin" line 3 column 1 \(id\): .*\nerror: The call ended with FAILED_PRECONDITION\n$/,
  );
});

Deno.test("stream ends with 3 when a client streaming call ends with OK but without its answer", async () => {
  const proto = new URL("./testdata/handlers/calculator.proto", import.meta.url).pathname;
  const { exitCode, stdout, stderr } = await streamTo(async (server) => {
    await server.expectData(1, 3 * REQUEST_OCTETS);
    await server.send(head(), end(0));
  }, { flags: ["--proto", proto, "--method", "add_up"] });
  assert.deepEqual([exitCode, stdout], [3, ""]);
  assert.match(
    stderr,
    /error: The server ended the call with OK, but 0 of 3 rows sent were answered\n$/,
  );
});

Deno.test("stream that is interrupted waits for late answers, then ends with 130 and the summary", async () => {
  const { exitCode, stdout, stderr } = await streamTo(async (server, client) => {
    await expectRows(server, 2);
    await server.send(head(), answers(1));
    await client.untilPrinted("stdout", /\n/);
    client.io.interrupt();
    // The client has ended its side: it sends no more.
    await server.expectFrame(FRAME.DATA, ({ flags }) => (flags & 1) === 1, "END_STREAM");
    await server.send(answers(2), end(0));
  }, { stdin: silentAfter("id\n1\n2\n") });
  assert.deepEqual([exitCode, stdout], [130, jsonl(1, 2)]);
  assert.match(
    stderr,
    /^Interrupted: the server has 5 s to answer what it was sent\n2 rows read, 2 sent, 2 answered, .*\nlatency .*\n$/,
  );
});

Deno.test("stream that is interrupted while rows wait for room sends none of them", async () => {
  const { exitCode, stdout } = await streamTo(async (server, client) => {
    await expectRows(server, 1);
    await server.send(head());
    await server.roundTrip();
    client.io.interrupt();
    await server.expectFrame(FRAME.DATA, ({ flags }) => (flags & 1) === 1, "END_STREAM");
    await server.send(answers(1), end(0));
  }, { flags: ["--max-in-flight", "1"] });
  assert.deepEqual([exitCode, stdout], [130, jsonl(1)]);
});

Deno.test("stream ends when the server does, with an endless input and a full window", async () => {
  const rows = new TextEncoder().encode("1\n".repeat(10_000));
  const stdin = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("id\n")),
    pull: (controller) => controller.enqueue(rows),
  });
  const { exitCode, stderr } = await streamTo(async (server) => {
    // All that the connection's window holds; the client waits for more.
    await server.expectData(1, 65_535);
    await server.send(headers(1, [...grpcResponse(), ...grpcTrailers(14)], { endStream: true }));
  }, { stdin, flags: ["--max-in-flight", "1000000"] });
  assert.equal(exitCode, 78);
  assert.match(
    stderr,
    /error: The call ended with UNAVAILABLE; ([\d]+) of \1 rows sent have no answer, the first is line \d+\n$/,
  );
});

Deno.test("stream ends quietly when its reader goes while the server is silent", async () => {
  await using listener = listenScripted();
  const args = ["stream", "-", `127.0.0.1:${listener.port}`, ...SCHEMA];
  const client = startBroker(args, { stdin: silentAfter("id\n1\n2\n3\n") });
  await using server = await listener.accept();
  await expectRows(server, 3);
  await server.send(head(), answers(1));
  await client.untilPrinted("stdout", /\n/);
  client.io.closeStdout();
  // The write of the one fails, that of the other finds it out.
  await server.send(answers(2));
  await server.roundTrip();
  await server.send(answers(3));
  // The call was cancelled: nobody wants more answers.
  await server.expectReset(1, CODE.CANCEL);
  const { exitCode, stderr } = await client.ended();
  assert.deepEqual([exitCode, stderr], [0, ""]);
});

Deno.test("stream names a server that speaks HTTP/1", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = runBroker(["stream", "-", `127.0.0.1:${listener.addr.port}`], { stdin: ROWS });
  using conn = await withTimeout(listener.accept(), 5000, "the connection");
  const page = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  await withTimeout(conn.write(new TextEncoder().encode(page)), 5000, "the page to be written");
  const { exitCode, stderr } = await client;
  assert.equal(exitCode, 1);
  assert.match(stderr, /^error: Cannot connect to \S+: .*HTTP\/1.*\n$/);
});

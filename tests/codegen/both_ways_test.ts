import assert from "node:assert/strict";
import type { Call, CallMetadata } from "../../codegen/templates/rpc.ts";
import { Channel, Metadata, RpcError, type ServerCallContext, Status } from "../../rpc/mod.ts";
import { decodeErrorDetails, loadSchema, type MethodSchema } from "../../schema/mod.ts";
import { runBroker, temporaryFolder } from "../support/broker.ts";
import { nodePeer } from "../support/find_peers.ts";
import { repositoryPath } from "../support/paths.ts";
import { collectText, runProgram } from "../support/run_program.ts";
import { testWithPeers } from "../support/test_with_peers.ts";
import { withTimeout } from "../support/with_timeout.ts";

const node = await nodePeer();
const TIMEOUT_MS = 30_000;

interface Item {
  readonly number: number;
  readonly text: string;
}

/** A server of the handlers in tests/testdata/scaffold/kinds_server.txt. */
interface Server extends AsyncDisposable {
  readonly channel: Channel;
  method(name: string): MethodSchema["definition"];
  /** Waits until a handler has said that it ended. */
  ended(text: string): Promise<void>;
}

/** Runs a program that prints "Listening on …:PORT: …". */
async function start(
  command: readonly string[],
  folder: string,
  host = "127.0.0.1",
): Promise<Server> {
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, {
    args,
    cwd: folder,
    env: { HOST: host, PORT: "0", NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let changed = Promise.withResolvers<void>();
  let printed = "";
  let isOver = false;
  const pipe = (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    let seen = 0;
    return collectText(stream, (text) => {
      printed += text.slice(seen);
      seen = text.length;
      changed.resolve();
      changed = Promise.withResolvers();
    });
  };
  const done = Promise.all([pipe(child.stdout), pipe(child.stderr), child.status]).then(() => {
    isOver = true;
    changed.resolve();
  });
  const until = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(printed);
      if (match !== null) return match;
      if (isOver) throw new Error(`${command.join(" ")} ended: ${printed}`);
      await changed.promise;
    }
  };
  const stop = async () => {
    child.kill("SIGKILL");
    await withTimeout(done, TIMEOUT_MS, "the server to end");
  };
  try {
    const [, target = ""] = await withTimeout(
      until(/^Listening on (\S+:\d+): /m),
      TIMEOUT_MS,
      "the server",
    );
    const schema = await loadSchema([`${folder}/kinds.proto`]);
    const channel = new Channel(target);
    return {
      channel,
      method: (name) => {
        const found = schema.services[0]?.methods.find((method) => method.name === name);
        assert.ok(found !== undefined, name);
        return found.definition;
      },
      ended: async (text) => {
        await withTimeout(
          until(new RegExp(`^ended ${text}$`, "m")),
          TIMEOUT_MS,
          `"${text}" (${printed})`,
        );
      },
      [Symbol.asyncDispose]: async () => {
        channel.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A folder of kinds.proto with handlers of our own. */
async function scaffoldKinds(handlers: string) {
  const folder = await temporaryFolder();
  const testdata = (name: string) => repositoryPath(`tests/testdata/scaffold/${name}`);
  const out = `${folder.path}/kinds`;
  const ran = await runBroker(["scaffold", testdata("kinds.proto"), "--out", out]);
  assert.equal(ran.exitCode, 0, ran.stderr);
  await Deno.copyFile(testdata(handlers), `${out}/server.ts`);
  return { out, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** Whether our server knows the errors of scaffolded code for what they are. */
const KNOWS_REFUSALS = Object.assign(new Error(""), { name: "RpcError", code: 12 }) instanceof
  RpcError;

const BROKER = [
  ...[
    Deno.execPath(),
    "run",
    "-A",
    "--config",
    repositoryPath("deno.json"),
    repositoryPath("main.ts"),
  ],
  ...[
    "serve",
    "kinds.proto",
    "--handlers",
    "server.ts",
    "--host",
    "127.0.0.1",
    "--port",
    "0",
    "--no-web",
  ],
];

Deno.test("The handlers of a scaffold do what they should on broker serve", async (t) => {
  await using kinds = await scaffoldKinds("kinds_server.txt");
  await using server = await start(BROKER, kinds.out);
  await checkHandlers(t, server, KNOWS_REFUSALS);
});

testWithPeers(
  { node },
  "The handlers of a scaffold do the same on grpc-js under Node",
  async ({ node }, t) => {
    await using kinds = await scaffoldKinds("kinds_server.txt");
    await Deno.symlink(
      repositoryPath("tests/peers/node/node_modules"),
      `${kinds.out}/node_modules`,
    );
    await using server = await start([node.executable, "server.ts"], kinds.out);
    await checkHandlers(t, server, true);
  },
);

testWithPeers(
  { node },
  "A scaffold on grpc-js listens on an IPv6 address as it is written without a port",
  async ({ node }) => {
    await using kinds = await scaffoldKinds("kinds_around.txt");
    await Deno.symlink(
      repositoryPath("tests/peers/node/node_modules"),
      `${kinds.out}/node_modules`,
    );
    await using server = await start([node.executable, "server.ts"], kinds.out, "::1");
    assert.equal((await unary(server, 1) as Item).number, 1);
  },
);

Deno.test("What stands around the handlers of a scaffold does what it should on broker serve", async (t) => {
  await using kinds = await scaffoldKinds("kinds_around.txt");
  await using server = await start(BROKER, kinds.out);
  await checkAround(t, server);
});

testWithPeers(
  { node },
  "What stands around the handlers of a scaffold does the same on grpc-js under Node",
  async ({ node }, t) => {
    await using kinds = await scaffoldKinds("kinds_around.txt");
    await Deno.symlink(
      repositoryPath("tests/peers/node/node_modules"),
      `${kinds.out}/node_modules`,
    );
    await using server = await start([node.executable, "server.ts"], kinds.out);
    await checkAround(t, server);
  },
);

testWithPeers(
  { node },
  "A scaffold on grpc-js does not start with interceptors or rules that nothing can run",
  async ({ node }) => {
    await using kinds = await scaffoldKinds("kinds_around.txt");
    await Deno.symlink(
      repositoryPath("tests/peers/node/node_modules"),
      `${kinds.out}/node_modules`,
    );
    const source = await Deno.readTextFile(`${kinds.out}/server.ts`);
    const rows: [from: string, to: string, sentence: RegExp][] = [
      ["[watch, obey]", "{ watch }", /the export "interceptors": it is not an array of functions/],
      [
        "  Item(",
        "  Itme(",
        /the rule "Itme" .*: no method takes such a message, only kinds\.Item/,
      ],
      [
        "  Item(",
        '  "kinds.Item"() {},\n  Item(',
        /the rule "Item" .*: it is not the only one for/,
      ],
    ];
    for (const [from, to, sentence] of rows) {
      await Deno.writeTextFile(`${kinds.out}/server.ts`, source.replace(from, to));
      const command = [node.executable, "server.ts"] as const;
      const ran = await runProgram(command, { cwd: kinds.out, timeoutMs: TIMEOUT_MS });
      assert.equal(ran.code, 1, ran.stdout);
      assert.match(ran.stderr, sentence);
    }
  },
);

async function checkAround(t: Deno.TestContext, server: Server): Promise<void> {
  const { channel, method } = server;
  /** All that a client learns of a call. */
  const run = async (name: string, requests: Partial<Item>[], order = "") => {
    const metadata = Metadata.of({ "x-order": order });
    const call = channel.call(method(name), { metadata, timeoutMs: TIMEOUT_MS });
    for (const request of requests) call.send(request);
    call.end();
    const answers: string[] = [];
    const read = async () => {
      for await (const { number, text } of call.responses as AsyncIterable<Item>) {
        answers.push(`${number} ${text}`);
      }
    };
    await withTimeout(read().catch(() => {}), TIMEOUT_MS, "the answers");
    const { code, message, trailers, details } = await withTimeout(
      call.status,
      TIMEOUT_MS,
      "the status",
    );
    const [seen, headersOf] = [trailers.text("x-seen"), trailers.text("x-method")];
    return { answers, code, message, seen, headersOf, details };
  };

  await t.step("messages pass the hooks in order, and are counted", async () => {
    const unary = await run("Unary", [{ number: 1, text: "outer" }]);
    assert.deepEqual(unary.answers, ["20 inner, outer"]);
    assert.equal(unary.seen, "1 in, 1 out, ended well");
    const chat = await run("Chat", [{ number: 1, text: "outer" }, { number: 2 }]);
    assert.deepEqual(chat.answers, ["20 inner, outer", "2 inner, outer"]);
    assert.equal(chat.seen, "2 in, 2 out, ended well");
    const call = channel.call(method("Download"));
    call.send({ number: 1 });
    call.end();
    assert.equal((await call.headers).text("x-method"), "/kinds.Kinds/Download true");
    await withTimeout(call.status, TIMEOUT_MS, "the status");
  });
  await t.step(
    "a broken rule is INVALID_ARGUMENT with its fields, and no handler runs",
    async () => {
      for (const name of ["Unary", "Download", "Upload"]) {
        const { answers, code, message, seen, details } = await run(name, [{ number: -1 }]);
        assert.deepEqual([answers, code], [[], Status.INVALID_ARGUMENT]);
        assert.equal(message, `number: must not be negative; text: ${"ü".repeat(100)}`);
        assert.equal(seen, "0 in, 0 out, ended 3");
        const decoded = decodeErrorDetails(details ?? new Uint8Array());
        assert.equal(decoded?.message, message);
        assert.deepEqual(decoded?.details.map(({ typeName, value }) => [typeName, { ...value }]), [[
          "google.rpc.BadRequest",
          {
            field_violations: [
              { ...EMPTY_VIOLATION, field: "number", description: "must not be negative" },
              { ...EMPTY_VIOLATION, field: "text", description: "ü".repeat(100) },
            ],
          },
        ]]);
      }
      const chat = await run("Chat", [{ number: 1 }, { number: -1 }, { number: 2 }]);
      assert.equal(chat.code, Status.INVALID_ARGUMENT, "the handler caught it, and cannot help it");
      const own = await run("Unary", [{ text: "handler" }]);
      assert.deepEqual([own.code, own.message], [
        Status.INVALID_ARGUMENT,
        "text: is the handler's",
      ]);
    },
  );
  const endings: [order: string, text: string, code: number, message: RegExp][] = [
    ["", "nothing", Status.UNKNOWN, /failed/],
    ["", "half", Status.NOT_FOUND, /^No \ufffd$/],
    ["", "much", Status.NOT_FOUND, /^much much /],
    ["", "many", Status.INVALID_ARGUMENT, /^text: is one of many; text: /],
    ["refuse", "", Status.UNAUTHENTICATED, /^Who is there\?$/],
    ["fail", "", Status.UNKNOWN, /^(?!.*secret)/],
    ["forget", "", Status.INTERNAL, /^The server failed to handle the call$/],
    ["twice", "", Status.INTERNAL, /^The server failed to handle the call$/],
    ["do not wait", "", Status.OK, /^(?:OK)?$/],
    ["do not wait", "fault", Status.UNKNOWN, /^(?!.*secret)/],
    ["swallow", "fault", Status.UNKNOWN, /^(?!.*secret)/],
    ["translate", "fault", Status.UNAVAILABLE, /^Later$/],
    ["say what cannot travel", "", Status.UNKNOWN, /^(?!.*ü)/],
    ["refuse with what cannot travel", "", Status.ABORTED, /^No$/],
    ["say a status", "", Status.OK, /^(?:OK)?$/],
  ];
  for (const [order, text, code, message] of endings) {
    await t.step(`an interceptor whose order is to ${order} ends in ${code}`, async () => {
      const ended = await run("Unary", [{ number: 1, text }], order);
      assert.equal(ended.code, code, ended.message);
      assert.match(ended.message, message);
      if (code === Status.OK) assert.deepEqual(ended.answers, ["1 inner, outer"]);
    });
  }
  await t.step("headers that nothing sent go with the status of a refusal", async () => {
    const { headersOf } = await run("Unary", [{}], "refuse");
    assert.equal(headersOf, "/kinds.Kinds/Unary false");
  });
  await t.step("a hook's refusal of a request ends the call", async () => {
    const { code, message } = await run("Chat", [{ number: 1 }, { number: 7 }]);
    assert.deepEqual([code, message], [Status.OUT_OF_RANGE, "Not 7"]);
  });
  await t.step("answers that throw when they are to stop end no more than their call", async () => {
    const call = channel.call(method("Download"));
    call.send({ text: "unwilling" });
    call.end();
    await next(call.responses);
    call.cancel();
    await call.status;
    assert.equal((await run("Unary", [{ number: 1 }])).code, Status.OK);
    assert.equal((await run("Unary", [{ number: 1 }])).code, Status.OK);
  });
  await t.step("a client that leaves ends the wait for a handler that hangs", async () => {
    const call = channel.call(method("Download"));
    call.send({ number: 3 });
    call.end();
    for (let count = 0; count < 3; count++) await next(call.responses);
    call.cancel();
    await server.ended("watch 1");
    await server.ended("Download");
  });
}

/** What `google.rpc.BadRequest.FieldViolation` has beside its field and description. */
const EMPTY_VIOLATION = { localized_message: null, reason: "" };

async function checkHandlers(
  t: Deno.TestContext,
  server: Server,
  knowsRefusals: boolean,
): Promise<void> {
  const { channel, method } = server;
  await t.step(
    "a unary handler sees metadata, deadline and peer, and sends headers and trailers",
    async () => {
      const metadata = Metadata.of({ "x-sent": "hello" });
      metadata.add("many", "1");
      metadata.add("many", "2");
      const call = channel.call(method("Unary"), { metadata, timeoutMs: TIMEOUT_MS });
      call.send({ number: 1 });
      call.end();
      const answer = await next(call.responses);
      assert.deepEqual({ ...answer }, {
        number: 2,
        text: "/kinds.Kinds/Unary true true true 1, 2",
      });
      assert.equal((await call.headers).text("x-header"), "hello");
      const status = await withTimeout(call.status, TIMEOUT_MS, "the status");
      assert.equal(status.code, Status.OK);
      assert.deepEqual(status.trailers.get("x-trailer"), ["a", "b"]);
    },
  );
  await t.step("streams go through whole, and further than any buffer", async () => {
    const count = 20_000;
    const text = "x".repeat(100);
    const answers = await collect(
      channel.serverStreaming(method("Download"), { number: count, text }),
    );
    assert.equal(answers.length, count);
    assert.equal(answers.at(-1)?.number, count - 1);
    const items = Array.from({ length: count }, (_, number) => ({ number, text }));
    const sum = await withTimeout(
      channel.clientStreaming(method("Upload"), items),
      TIMEOUT_MS,
      "the sum",
    );
    assert.equal((sum as Item).number, count * (count - 1) / 2);
    const doubled = await collect(channel.bidirectional(method("Chat"), items));
    assert.equal(doubled.length, count);
    assert.equal(doubled.at(-1)?.number, (count - 1) * 2);
    await server.ended("Chat false");
  });
  await t.step("a handler may stop reading", async () => {
    const items = [{ number: 1 }, { text: "stop" }, { number: 2 }];
    assert.equal((await collect(channel.bidirectional(method("Chat"), items))).length, 1);
  });
  await t.step("a client that leaves aborts the signal and ends the generator", async () => {
    for await (
      const _answer of channel.serverStreaming(method("Download"), { number: 1, text: "wait" })
    ) break;
    await server.ended("Download wait true");
    const call = channel.call(method("Chat"));
    call.send({ number: 1 });
    await next(call.responses);
    call.cancel();
    await server.ended("Chat true");
  });
  await t.step("an error that is no RpcError keeps its text to itself", async () => {
    await assert.rejects(unary(server, -2), (error: unknown) => {
      assert.ok(error instanceof RpcError);
      assert.equal(error.code, Status.UNKNOWN);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });
  await t.step({
    name: knowsRefusals
      ? "an RpcError reaches the client with its text, details and trailers"
      : "an RpcError reaches the client (skipped: rpc/status.ts does not know those of other modules)",
    ignore: !knowsRefusals,
    fn: () => checkRefusals(server),
  });
}

async function checkRefusals(server: Server): Promise<void> {
  const { channel, method } = server;
  await assert.rejects(unary(server, -1), (error: unknown) => {
    assert.ok(error instanceof RpcError);
    assert.equal(error.code, Status.NOT_FOUND);
    assert.equal(error.message, "No such item: ü");
    assert.equal(error.metadata?.text("reason"), "because");
    assert.deepEqual([...error.metadata?.get("octets-bin")[0] ?? []], [0, 255]);
    assert.deepEqual([...error.details ?? []], [8, 5]);
    return true;
  });
  const refused = async (answers: Promise<unknown>, code: number) => {
    await assert.rejects(
      withTimeout(answers, TIMEOUT_MS, "the refusal"),
      (error: unknown) => error instanceof RpcError && error.code === code,
    );
  };
  const download = channel.serverStreaming(method("Download"), { number: 2, text: "refuse" });
  await refused(collect(download), Status.OUT_OF_RANGE);
  await refused(
    channel.clientStreaming(method("Upload"), [{ number: -1 }]),
    Status.INVALID_ARGUMENT,
  );
  await refused(collect(channel.bidirectional(method("Chat"), [{ number: -1 }])), Status.ABORTED);
}

function unary({ channel, method }: Server, number: number): Promise<unknown> {
  return withTimeout(channel.unary(method("Unary"), { number }), TIMEOUT_MS, "the answer");
}

async function next(responses: AsyncIterator<unknown>): Promise<Item> {
  const step = await withTimeout(responses.next(), TIMEOUT_MS, "an answer");
  assert.ok(!step.done);
  return step.value as Item;
}

async function collect(answers: AsyncIterable<unknown>): Promise<Item[]> {
  const items: Item[] = [];
  const read = async () => {
    for await (const answer of answers) items.push(answer as Item);
  };
  await withTimeout(read(), TIMEOUT_MS, "the answers");
  return items;
}

Deno.test("Our server's calls are what scaffolded handlers are told they get", () => {
  // Checked by the compiler.
  const toCall = (call: ServerCallContext): Call => call;
  const toMetadata = (metadata: Metadata): CallMetadata => metadata;
  assert.equal(toMetadata(Metadata.of({ a: "1" })).text("a"), "1");
  assert.equal(typeof toCall, "function");
});

// Handlers that do what they should not must not cost other calls their connection.
import { strict as assert } from "node:assert";
import { Channel } from "../../rpc/channel.ts";
import { RpcServer } from "../../rpc/server.ts";
import { Status } from "../../rpc/status.ts";
import { METHODS, SERVICE } from "./support/test_service.ts";
import { testTimed } from "./support/test_timed.ts";

/** A server with a handler of Bidi, and one of Unary that answers when it is told to. */
async function withServer(
  bidi: (requests: AsyncIterable<string>, call: never) => unknown,
  run: (channel: Channel, server: RpcServer, release: () => void) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  const server = new RpcServer({ onHandlerError: (error) => errors.push(error) });
  const held = Promise.withResolvers<void>();
  server.addService(SERVICE, {
    Bidi: bidi as never,
    Unary: async (request: string) => {
      await held.promise;
      return `echo ${request}`;
    },
  });
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  assert.ok(address.kind === "tcp");
  const channel = new Channel(`127.0.0.1:${address.port}`);
  try {
    await run(channel, server, held.resolve);
  } finally {
    channel.close();
    await server.shutdown({ graceMs: 1000 });
  }
}

/** What a handler may put into headers or trailers unchecked, and how it arrives. */
const ODD_VALUES = [
  { name: "characters beyond Latin-1", value: "日本", arrives: "%E6%97%A5%E6%9C%AC" },
  { name: "a line break", value: "a\r\nb: c", arrives: "a%0D%0Ab: c" },
] as const;

for (const { name, value, arrives } of ODD_VALUES) {
  testTimed(
    `Metadata with ${name} leaves escaped, and the other calls of the connection live on`,
    () =>
      withServer(async function* (requests, call: { responseHeaders: { append: unknown } }) {
        const { responseHeaders, responseTrailers } = call as never as {
          responseHeaders: { append(name: string, value: string): void };
          responseTrailers: { append(name: string, value: string): void };
        };
        responseHeaders.append("x-odd", value);
        responseHeaders.append("X Odd", "a name that cannot travel");
        responseTrailers.append("x-odd", value);
        yield* requests;
      }, async (channel, _server, release) => {
        const other = channel.unary(METHODS.Unary, "hello");
        const call = channel.call(METHODS.Bidi);
        call.send("one");
        call.end();
        assert.equal((await call.responses.next()).value, "one");
        assert.equal((await call.headers).text("x-odd"), arrives);
        const { code, trailers } = await call.status;
        assert.deepEqual([code, trailers.text("x-odd")], [Status.OK, arrives]);
        release();
        assert.equal(await other, "echo hello");
      }),
  );
}

const FOREIGN_RETURNS: Record<string, () => unknown> = {
  "returns no promise": () => ({ done: true }),
  "throws": () => {
    throw new Error("no");
  },
};

for (const [name, end] of Object.entries(FOREIGN_RETURNS)) {
  testTimed(
    `An iterator whose return() ${name} costs nothing but its own call`,
    () =>
      withServer(() => ({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.reject(new Error("the handler's own")),
          return: end,
        }),
      }), async (channel, server, release) => {
        const other = channel.unary(METHODS.Unary, "hello");
        const call = channel.call(METHODS.Bidi);
        assert.equal((await call.status).code, Status.UNKNOWN);
        release();
        assert.equal(await other, "echo hello");
        assert.equal(server.stats.running, 0);
      }),
  );
}

/** An `RpcError` of another module, as grpc-web and scaffolded code have one. */
const foreignError = (more: object) =>
  Object.assign(new Error("no such lap"), { name: "RpcError", code: Status.NOT_FOUND }, more);

const ODD_ERRORS: Record<string, object> = {
  "metadata that is a plain object": { metadata: {} },
  "no metadata but null": { metadata: null },
  "metadata of numbers": { metadata: new Map([["x-lap", 5]]) },
  "details that are text": { details: "text" },
};

for (const [name, more] of Object.entries(ODD_ERRORS)) {
  testTimed(
    `A status with ${name} reaches its client, and the handler counts no more`,
    () =>
      withServer(() => {
        throw foreignError(more);
      }, async (channel, server) => {
        const { code, message } = await channel.call(METHODS.Bidi).status;
        assert.deepEqual([code, message], [Status.NOT_FOUND, "no such lap"]);
        await Promise.resolve();
        assert.equal(server.stats.running, 0);
      }),
  );
}

testTimed(
  "Response headers that cannot be written end their call with a status",
  () =>
    withServer(async function* (_requests, call) {
      const { responseHeaders } = call as never as {
        responseHeaders: { append(name: string, value: unknown): void };
      };
      responseHeaders.append("x-lap", 5);
      yield "one";
    }, async (channel, server) => {
      const { code, message } = await channel.call(METHODS.Bidi).status;
      assert.deepEqual([code, message], [Status.UNKNOWN, "The handler failed"]);
      assert.equal(server.stats.running, 0);
    }),
);

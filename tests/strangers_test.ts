// What every client command says of a target where no gRPC server listens.
import assert from "node:assert/strict";
import { runBroker, startServer, temporaryFolder } from "./support/broker.ts";
import { testCertificates } from "./support/certificates.ts";
import { withTimeout } from "./support/with_timeout.ts";

const TIMEOUT_MS = 5000;

/** How each command is asked about a target; `stream` sends what standard input holds. */
const COMMANDS: readonly (readonly [command: string, ...rest: string[]])[] = [
  ["list"],
  ["describe"],
  ["health"],
  ["call", "p.S/M"],
  ["bench", "p.S/M"],
  ["stream"],
];

interface Stranger extends AsyncDisposable {
  readonly target: string;
}

/** A server that says something of its own, at once or when it is spoken to; nothing, if there is nothing to say. */
function startStranger(says: string, options: { readonly first?: true } = {}): Stranger {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const octets = Uint8Array.from(says, (char) => char.charCodeAt(0));
  const serve = async (conn: Deno.Conn) => {
    using _conn = conn;
    try {
      if (options.first !== true) await conn.read(new Uint8Array(4096));
      if (octets.length > 0) await conn.write(octets);
      while (await conn.read(new Uint8Array(4096)) !== null);
    } catch {
      // The client has gone.
    }
  };
  const serving = (async () => {
    const calls = [];
    for await (const conn of listener) calls.push(serve(conn));
    await Promise.all(calls);
  })();
  return {
    target: `127.0.0.1:${listener.addr.port}`,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await withTimeout(serving, TIMEOUT_MS, "the server to end");
    },
  };
}

/** A server for browsers, which speaks HTTP/2 as well, as that of the page of `broker serve`. */
function startPage(status: number): Stranger {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("<html>", { status, headers: { "content-type": "text/html" } }),
  );
  return {
    target: `127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => withTimeout(server.shutdown(), TIMEOUT_MS, "the page to end"),
  };
}

/** What a command says of a target on stderr. */
async function ask(target: string, [command, ...rest]: readonly string[]): Promise<string> {
  const args = command === "stream" ? ["stream", "-", target] : [`${command}`, target, ...rest];
  const ran = await withTimeout(
    runBroker(args, { stdin: "id,sensor1\n1,2\n" }),
    TIMEOUT_MS,
    args.join(" "),
  );
  assert.equal(ran.stdout, "");
  assert.notEqual(ran.exitCode, 0);
  return ran.stderr;
}

const NOISE = "what it says is not HTTP/2, which gRPC needs; check the port";
const STRANGERS: Record<string, { start: () => Stranger; reason: string }> = {
  "HTTP/1.1": {
    start: () => startStranger("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    reason: "it speaks HTTP/1, not HTTP/2, which gRPC needs; check the port",
  },
  "SSH": {
    start: () => startStranger("SSH-2.0-OpenSSH_9.6\r\n", { first: true }),
    reason: 'it says "SSH-2.0-OpenSSH_9.6", which is not HTTP/2, as gRPC needs; check the port',
  },
  "Redis": {
    start: () => startStranger("-ERR unknown command 'PRI'\r\n"),
    reason:
      `it says "-ERR unknown command 'PRI'", which is not HTTP/2, as gRPC needs; check the port`,
  },
  "MySQL": { start: () => startStranger("J\0\0\0\n8.0.36\0", { first: true }), reason: NOISE },
};

for (const [name, { start, reason }] of Object.entries(STRANGERS)) {
  Deno.test(`every client command says that a server of ${name} is none of gRPC`, async () => {
    await using stranger = start();
    for (const command of COMMANDS) {
      const sentence = `error: Cannot connect to ${stranger.target}: ${reason}\n`;
      assert.equal(await ask(stranger.target, command), sentence, command.join(" "));
    }
  });
}

for (const status of [404, 200]) {
  Deno.test(`every client command says that an HTTP/2 server with status ${status} is none of gRPC`, async () => {
    await using page = startPage(status);
    for (const command of COMMANDS) {
      const said = await ask(page.target, command);
      assert.match(said, /^error: .*answer is not gRPC.*HTTP status \d+, content-type text\/html/);
      assert.match(said, /; check the port, and whether a proxy there passes gRPC on\n$/);
    }
  });
}

Deno.test("every client command says that a server wants TLS", async () => {
  const { server: { certificate, privateKey } } = await testCertificates();
  await using folder = await temporaryFolder();
  const [crt, key] = [`${folder.path}/server.crt`, `${folder.path}/server.key`];
  await Deno.writeTextFile(crt, certificate);
  await Deno.writeTextFile(key, privateKey);
  await using server = await startServer(["--tls-cert", crt, "--tls-key", key]);
  for (const command of COMMANDS) {
    assert.match(await ask(server.target, command), /: it speaks TLS; connect with --tls, or /);
  }
});

Deno.test("call says that what answers is no gRPC server also with --proto", async () => {
  await using page = startPage(404);
  await using folder = await temporaryFolder();
  const proto = `${folder.path}/a.proto`;
  await Deno.writeTextFile(
    proto,
    'syntax = "proto3"; message A {} service S { rpc M(A) returns (A); }',
  );
  const said = await ask(page.target, ["call", "S/M", "--proto", proto]);
  assert.match(
    said,
    /^error: The call of S\/M ended with UNIMPLEMENTED: The server's answer is not/,
  );
  assert.match(said, /; check the port, and whether a proxy there passes gRPC on\n$/);
});

Deno.test("list says after a second that it waits for a server that says nothing, and gives up in time", async () => {
  await using stranger = startStranger("");
  const { stderr } = await runBroker(["list", stranger.target, "--connect-timeout", "1100ms"]);
  assert.equal(
    stderr,
    `Waiting for ${stranger.target} to answer, up to 1.1 s (--connect-timeout)\n` +
      `error: Cannot connect to ${stranger.target}: no answer within 1.1 s; ` +
      "check host and port, or wait longer with --connect-timeout\n",
  );
});

/** The page of `broker serve`. */
import assert from "node:assert/strict";
import { runBroker, type RunningServer, startServer, temporaryFolder } from "../support/broker.ts";
import { testCertificates } from "../support/certificates.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { type Line, openEvents, readError, readLines } from "./support.ts";

const STREAM = "/bidirectional_databroker.BrokerService/BidirectionalStreaming";
const TIMEOUT_MS = 10_000;

async function pageOf(server: RunningServer): Promise<string> {
  const [, url = ""] = await server.untilPrinted("stderr", /^Page on (http:\S+)$/m);
  return url;
}

function get(url: string, init: RequestInit = {}): Promise<Response> {
  return withTimeout(fetch(url, init), TIMEOUT_MS, url);
}

async function call(url: string, init: RequestInit = {}): Promise<Line[]> {
  const body = JSON.stringify({ method: STREAM, messages: [{ id: 7 }] });
  return await readLines(await get(`${url}/api/call`, { ...init, method: "POST", body }));
}

/** What a test holds while it makes a port be taken. */
function takePort(): Disposable & { readonly port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return { port: listener.addr.port, [Symbol.dispose]: () => listener.close() };
}

Deno.test("serve opens a page, which knows the server, calls it, and is ready until it stops", async () => {
  const server = await startServer(["--web-port", "0"]);
  const url = await pageOf(server);
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const offered = await (await get(`${url}/api/server`)).json();
  assert.deepEqual(
    [offered.name, offered.address, offered.tls, offered.tokenNeeded, offered.readOnly],
    ["broker", server.target, false, false, false],
  );
  const [{ methods: [method] }] = offered.services;
  assert.deepEqual(
    [method.path, method.kind, method.request, method.response],
    [
      STREAM,
      "bidi_streaming",
      "bidirectional_databroker.BrokerRequest",
      "bidirectional_databroker.BrokerResponse",
    ],
  );
  assert.deepEqual(method.template, { id: 0, sensor1: 0, sensor2: 0, sensor3: 0, sensor4: 0 });
  assert.deepEqual(method.numericFields.response, ["id", "prediction"]);
  const [, { answer }] = await call(url);
  assert.deepEqual(answer, { id: 7, prediction: false });
  const ready = await get(`${url}/readyz`);
  assert.deepEqual([ready.status, await ready.text()], [200, "ready\n"]);
  await using events = openEvents(await get(`${url}/api/live`));
  await events.next("stats");
  const stopping = server.stop();
  assert.deepEqual(await events.next("bye"), {});
  const { exitCode, stderr } = await stopping;
  assert.equal(exitCode, 0, stderr);
  await assert.rejects(fetch(`${url}/healthz`));
});

Deno.test("serve says with 503 that it is no longer ready while calls finish", async () => {
  const server = await startServer(["--web-port", "0", "--grace", "3s"]);
  const url = await pageOf(server);
  const feed = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  const writer = feed.writable.getWriter();
  const uploading = get(`${url}/api/stream?method=${STREAM}`, {
    method: "POST",
    body: feed.readable,
  });
  await writer.write(new TextEncoder().encode("id\n1\n2\n"));
  const reader = (await uploading).body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const readOn = async (isEnough: () => boolean) => {
    while (!isEnough()) {
      const { done, value } = await reader?.read() ?? { done: true };
      if (done) return;
      text += value;
    }
  };
  await withTimeout(readOn(() => text.includes('"row":2')), TIMEOUT_MS, "the answers");
  const stopping = server.stop();
  await server.untilPrinted("stderr", /^Stopping/m);
  const ready = await get(`${url}/readyz`);
  assert.deepEqual([ready.status, await ready.text()], [503, "stopping\n"]);
  await writer.close();
  await withTimeout(readOn(() => false), TIMEOUT_MS, "the end");
  assert.match(text, /"code":0.*"rows":2,"answered":2,"rejected":0\}\n$/);
  assert.equal((await stopping).exitCode, 0);
});

Deno.test("serve --no-web opens none", async () => {
  const server = await startServer();
  const { stderr } = await server.stop();
  assert.ok(!stderr.includes("Page"), stderr);
});

const CONTRADICTIONS: readonly [args: string[], sentence: RegExp][] = [
  [["--no-web", "--web-port", "1"], /^error: Cannot combine --no-web with --web-port: /],
  [["--no-web", "--web-host", "::1"], /^error: Cannot combine --no-web with --web-host: /],
  [["--web-read-only", "--no-web"], /^error: Cannot combine --no-web with --web-read-only: /],
];

Deno.test("serve refuses flags of the page that contradict each other", async (t) => {
  for (const [args, sentence] of CONTRADICTIONS) {
    await t.step(args.join(" "), async () => {
      const { exitCode, stderr } = await runBroker(["serve", ...args]);
      assert.equal(exitCode, 2);
      assert.match(stderr, sentence);
    });
  }
});

Deno.test("serve ends if the page cannot have the port that was named, and says what to do", async () => {
  using taken = takePort();
  const where = ["--host", "127.0.0.1", "--port", "0"];
  const { exitCode, stdout, stderr } = await runBroker(
    ["serve", ...where, "--web-port", `${taken.port}`],
  );
  assert.equal(exitCode, 1);
  assert.match(
    stderr,
    /^error: Cannot open the page on 127\.0\.0\.1:\d+: it is in use; choose another with --web-port and --web-host, or do without it with --no-web$/m,
  );
  assert.doesNotMatch(stdout + stderr, /Listening/);
});

Deno.test("A second server goes on without a page where the usual port is taken", async () => {
  const args = [
    "--host",
    "127.0.0.1",
    "--port",
    "0",
    "--web-host",
    "127.0.0.1",
    "--web-port",
    "8062",
  ];
  // Whoever has it, has it: another program of this machine, or our first server.
  const first = await startServer(args).catch(() => undefined);
  await first?.untilPrinted("stderr", /^Page on/m).catch(() => {});
  const { startBroker } = await import("../support/broker.ts");
  const second = startBroker(["serve", "--host", "127.0.0.1", "--port", "0"]);
  await second.untilPrinted("stderr", /^Listening on /m);
  await second.untilPrinted(
    "stderr",
    /^There is no page: 127\.0\.0\.1:8062 cannot be had \(it is in use\); choose another port with --web-port$/m,
  );
  second.io.interrupt();
  assert.equal((await second.ended()).exitCode, 0);
  await first?.stop().catch(() => {});
});

Deno.test("The page goes where --web-host says, and says what that means", async () => {
  const rows: [args: string[], warning: RegExp][] = [
    [[], /^Whoever reaches the page can see .* and make calls: /m],
    [["--web-read-only"], /^Whoever reaches the page can see .*: --token-file asks for a token$/m],
  ];
  for (const [args, warning] of rows) {
    await using server = await startServer(["--web-port", "0", "--web-host", "0.0.0.0", ...args]);
    const url = await pageOf(server);
    assert.match(url, /^http:\/\/0\.0\.0\.0:\d+$/);
    await server.untilPrinted("stderr", warning);
    const response = await get(`${url.replace("0.0.0.0", "127.0.0.1")}/api/server`);
    assert.equal((await response.json()).readOnly, args.length > 0);
  }
});

Deno.test("The page's calls reach a server with TLS and a token, which the page needs itself", async () => {
  await using folder = await temporaryFolder();
  const certificates = await testCertificates();
  const file = (name: string) => `${folder.path}/${name}`;
  await Deno.writeTextFile(file("crt"), certificates.server.certificate);
  await Deno.writeTextFile(file("key"), certificates.server.privateKey);
  await Deno.writeTextFile(file("tokens"), "secret\n", { mode: 0o600 });
  await using server = await startServer([
    ...["--web-port", "0", "--tls-cert", file("crt"), "--tls-key", file("key")],
    ...["--token-file", file("tokens")],
  ]);
  const url = await pageOf(server);
  const refused = await get(`${url}/api/server`);
  assert.equal(refused.status, 401);
  assert.match(await readError(refused), /^The request carries no token/);
  const headers = { authorization: "Bearer secret" };
  const offered = await (await get(`${url}/api/server`, { headers })).json();
  assert.deepEqual([offered.tls, offered.tokenNeeded], [true, true]);
  assert.deepEqual((await call(url, { headers }))[1].answer, { id: 7, prediction: false });

  await using events = openEvents(await get(`${url}/api/live`, { headers }));
  await events.next("stats");
  await Deno.writeTextFile(file("tokens"), "other\n");
  server.io.hangUp();
  assert.equal(await events.next("bye"), undefined);
  const again = await get(`${url}/api/live`, { headers });
  assert.equal(again.status, 401);
  await again.body?.cancel();
});

Deno.test("The page of a server on a Unix socket is on 127.0.0.1, and calls it", async () => {
  await using folder = await temporaryFolder();
  await using server = await startServer(["--host", `unix:${folder.path}/s`, "--web-port", "0"]);
  const url = await pageOf(server);
  assert.match(url, /^http:\/\/127\.0\.0\.1:/);
  assert.deepEqual((await call(url))[1].answer, { id: 7, prediction: false });
});

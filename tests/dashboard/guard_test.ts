/** Who may ask the page for what. */
import assert from "node:assert/strict";
import { checkHost, checkOrigin } from "../../dashboard/guard_request.ts";
import { HttpError } from "../../dashboard/http_error.ts";
import { healthMethod } from "../../inspecting/health_method.ts";
import { Channel, Status } from "../../rpc/mod.ts";
import { openEvents, readError, sendRaw, startPage, STATION } from "./support.ts";

function statusOf(check: () => void): number {
  try {
    check();
    return 200;
  } catch (error) {
    assert.ok(error instanceof HttpError);
    return error.status;
  }
}

const HOSTS: readonly [hostname: string, host: string, status: number][] = [
  ["127.0.0.1", "127.0.0.1:8062", 200],
  ["127.0.0.1", "localhost:8062", 200],
  ["127.0.0.1", "LOCALHOST", 200],
  ["127.0.0.1", "broker.localhost:1", 200],
  ["127.0.0.1", "[::1]:8062", 200],
  ["127.0.0.1", "evil.example:8062", 421],
  ["127.0.0.1", "127.0.0.1.evil.example:8062", 421],
  ["127.0.0.1", "localhost.evil.example", 421],
  ["127.0.0.1", "192.168.0.7:8062", 421],
  ["127.0.0.1", "pc:8062", 421],
  ["127.0.0.1", "", 421],
  ["127.0.0.1", "127.0.0.1:8062:1", 421],
  ["0.0.0.0", "192.168.0.7:8062", 200],
  ["0.0.0.0", "[fe80::1]:8062", 200],
  ["0.0.0.0", "broker:8062", 200],
  ["0.0.0.0", "broker.lab.internal", 200],
  ["0.0.0.0", "evil.example:8062", 421],
  ["0.0.0.0", "1.2.3.4.evil.example", 421],
  ["::", "192.168.0.7", 200],
  ["lab.example", "lab.example:8062", 200],
  ["Lab.example", "LAB.example.:8062", 200],
  ["lab.example", "other.example:8062", 421],
  ["192.168.0.7", "192.168.0.7:8062", 200],
  ["192.168.0.7", "192.168.0.8:8062", 421],
];

Deno.test("checkHost() lets pass what nobody else can have lead here", async (t) => {
  for (const [hostname, host, status] of HOSTS) {
    await t.step(`${hostname} asked as "${host}": ${status}`, () => {
      const request = new Request("http://x/", { headers: { host } });
      assert.equal(statusOf(() => checkHost(request, { hostname, takesToken: undefined })), status);
    });
  }
});

const ORIGINS: readonly [name: string, headers: Record<string, string>, status: number][] = [
  ["a program", {}, 200],
  ["the page itself", { "sec-fetch-site": "same-origin", origin: "http://localhost:8062" }, 200],
  ["an address that was typed in", { "sec-fetch-site": "none" }, 200],
  ["a page behind a proxy with TLS", { origin: "https://localhost:8062" }, 200],
  ["another site", { "sec-fetch-site": "cross-site" }, 403],
  ["another port of the same host", { "sec-fetch-site": "same-site" }, 403],
  ["another origin of an older browser", { origin: "http://evil.example" }, 403],
  ["another port of an older browser", { origin: "http://localhost:3000" }, 403],
  ["a sandboxed frame", { origin: "null" }, 403],
  ["an extension", { origin: "chrome-extension://abc" }, 403],
];

Deno.test("checkOrigin() lets pass the page itself, and programs", async (t) => {
  for (const [name, headers, status] of ORIGINS) {
    await t.step(`${name}: ${status}`, () => {
      const request = new Request("http://x/", { headers: { host: "localhost:8062", ...headers } });
      assert.equal(statusOf(() => checkOrigin(request)), status);
    });
  }
});

const API = [
  "GET /api/server",
  "GET /api/live",
  "POST /api/call",
  "POST /api/stream",
  "GET /metrics",
];

Deno.test("Every path of the API refuses foreign names, foreign origins and calls without a token", async (t) => {
  await using page = await startPage({ tokens: ["secret"] });
  for (const line of API) {
    const [method, path] = line.split(" ");
    const ask = (headers: string) =>
      sendRaw(
        page.url,
        `${method} ${path} HTTP/1.1\r\n${headers}content-length: 0\r\nconnection: close\r\n\r\n`,
      );
    const bearer = "authorization: Bearer secret\r\n";
    const rows: [name: string, headers: string, status: number][] = [
      ["a foreign name", `host: evil.example\r\n${bearer}`, 421],
      ["a foreign origin", `host: localhost\r\norigin: http://evil.example\r\n${bearer}`, 403],
      ["a foreign site", `host: localhost\r\nsec-fetch-site: cross-site\r\n${bearer}`, 403],
      ["no token", "host: localhost\r\n", 401],
      ["a wrong token", "host: localhost\r\nauthorization: Bearer wrong\r\n", 401],
      ["no bearer", "host: localhost\r\nauthorization: Basic c2VjcmV0\r\n", 401],
    ];
    for (const [name, headers, status] of rows) {
      await t.step(`${line} with ${name}: ${status}`, async () => {
        const answer = await ask(headers);
        assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
        assert.match(answer, /^x-content-type-options: nosniff\r$/m);
        assert.match(answer, /\r\n\r\n\{"error":"[A-Z].*[^.]"\}\n$/);
        assert.ok(!answer.includes("access-control-"));
      });
    }
  }
});

Deno.test("The page and the probes need no token, and the probes no name either", async () => {
  await using page = await startPage({ tokens: ["secret"] });
  for (const path of ["/healthz", "/readyz"]) {
    const answer = await sendRaw(
      page.url,
      `GET ${path} HTTP/1.1\r\nhost: 10.0.0.7:8062\r\nconnection: close\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1.1 200 /);
  }
  const foreign = await sendRaw(
    page.url,
    "GET / HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n",
  );
  assert.match(foreign, /^HTTP\/1.1 421 /);
  const response = await page.get("/");
  await response.body?.cancel();
  // 404 until the page's own files are there.
  assert.ok([200, 404].includes(response.status));
});

Deno.test("Every answer carries the headers that keep scripts, frames and other origins out", async () => {
  await using page = await startPage();
  for (const path of ["/", "/assets/none.js", "/api/server", "/metrics", "/healthz", "/nowhere"]) {
    const response = await page.get(path);
    await response.body?.cancel();
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/, path);
    assert.match(policy, /frame-ancestors 'none'/, path);
    assert.ok(!policy.includes("unsafe"), path);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(response.headers.get("referrer-policy"), "no-referrer", path);
    assert.equal(response.headers.get("cross-origin-resource-policy"), "same-origin", path);
    assert.equal(response.headers.get("access-control-allow-origin"), null, path);
  }
});

Deno.test("A host that cannot be one is refused, and is no failure of the page", async (t) => {
  await using page = await startPage();
  for (const host of ["a b", "::::", "[::1", "x:99999", "%00"]) {
    await t.step(host, async () => {
      const answer = await sendRaw(
        page.url,
        `GET /api/server HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1.1 400 /);
      assert.match(answer, /\{"error":"Cannot answer \\".*: it is no address"\}\n$/);
    });
  }
});

Deno.test("A page without a certificate makes no calls of a server that asks for one", async () => {
  await using page = await startPage({ needsCertificate: true });
  const call = JSON.stringify({ method: `${STATION}/Echo`, messages: [] });
  const response = await page.post("/api/call", call);
  assert.equal(response.status, 403);
  assert.match(await readError(response), /client certificate only \(--tls-client-ca\)/);
});

Deno.test("A name in a path comes back as JSON, never as HTML", async () => {
  await using page = await startPage();
  const paths = [
    `/api/live?watch=${encodeURIComponent("/<script>alert(1)</script>/x")}`,
    "/assets/<script>.js",
    "/<img src=x onerror=alert(1)>",
  ];
  for (const path of paths) {
    const response = await page.get(path);
    assert.equal(response.status, 404, path);
    assert.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
    assert.match(await readError(response), /^(?:The server has no method|There is n)/);
  }
});

Deno.test("Files outside of the page's folder cannot be had", async () => {
  await using page = await startPage();
  const paths = [
    "/assets/..%2f..%2fdeno.json",
    "/assets/%2e%2e/dashboard.ts",
    "/assets/.",
    "/assets/",
    "/assets//etc/passwd",
    "/assets/..\\..\\deno.json",
    "/assets/a%00.js",
  ];
  for (const path of paths) {
    const answer = await sendRaw(
      page.url,
      `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1.1 404 /, path);
  }
});

Deno.test("A method that a path does not take is refused, and says which it takes", async () => {
  await using page = await startPage();
  const rows = [["/api/call", "GET", "POST"], ["/api/live", "HEAD", "GET"]];
  for (const [path, method, allow] of rows) {
    const response = await page.get(path, { method });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get("allow"), allow);
    if (method === "HEAD") continue;
    assert.equal(await readError(response), `Cannot ${method} ${path}: it takes ${allow}`);
  }
});

Deno.test("A page that only shows makes no calls", async () => {
  await using page = await startPage({ isReadOnly: true });
  const call = JSON.stringify({ method: `${STATION}/Echo`, messages: [] });
  for (
    const [path, body] of [["/api/call", call], [
      `/api/stream?method=${STATION}/Sum`,
      "number\n1\n",
    ]]
  ) {
    const response = await page.post(path, body);
    assert.equal(response.status, 403);
    assert.match(await readError(response), /--web-read-only$/);
  }
  assert.equal((await (await page.get("/api/server")).json()).readOnly, true);
});

Deno.test("A token that is withdrawn ends what it subscribed to", async () => {
  await using page = await startPage({ tokens: ["old"] });
  const headers = { authorization: "Bearer old" };
  await using events = openEvents(await page.get("/api/live", { headers }));
  assert.notEqual(await events.next("stats"), undefined);
  page.tokens.replace(["new"]);
  assert.equal(await events.next("bye"), undefined);
  const again = await page.get("/api/live", { headers });
  assert.equal(again.status, 401);
  await again.body?.cancel();
});

Deno.test("The page tells a client of gRPC where the server takes calls", async () => {
  await using page = await startPage();
  using channel = new Channel(page.url.replace(/\/$/, ""));
  await assert.rejects(channel.unary(healthMethod("Check"), ""), {
    code: Status.FAILED_PRECONDITION,
    message:
      /^Cannot take the call of grpc\.health\.v1\.Health\/Check: this is the page of broker serve, which takes calls on 127\.0\.0\.1:\d+$/,
  });
});

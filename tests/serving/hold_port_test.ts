import assert from "node:assert/strict";
import { holdPort } from "../../serving/hold_port.ts";

const HOSTNAME = "127.0.0.1";

Deno.test("holdPort() lets listeners that reuse the port in, and nobody else", async () => {
  const held = await holdPort({ hostname: HOSTNAME, port: 0 });
  const where = { hostname: HOSTNAME, port: held.port };
  const worker = Deno.listen({ ...where, reusePort: true });
  held.release();
  assert.throws(() => Deno.listen(where), Deno.errors.AddrInUse);
  await assert.rejects(holdPort(where), Deno.errors.AddrInUse);
  worker.close();
  (await holdPort(where)).release();
});

Deno.test("holdPort() refuses the port of a listener that does not share it", async () => {
  const alone = Deno.listen({ hostname: HOSTNAME, port: 0 });
  const where = { hostname: HOSTNAME, port: alone.addr.port };
  await assert.rejects(holdPort(where), Deno.errors.AddrInUse);
  alone.close();
});

Deno.test("holdPort() waits for a server that is taking a port at the same moment", async () => {
  const picked = await holdPort({ hostname: HOSTNAME, port: 0 });
  picked.release();
  const other = await Deno.open("/");
  await other.lock(true);
  let isHeld = false;
  const asked = holdPort({ hostname: HOSTNAME, port: picked.port }).then((held) => {
    isHeld = true;
    return held;
  });
  // The disk is asked as often as it would be without the lock, and more.
  for (let count = 0; count < 10; count++) await Deno.stat("/");
  assert.equal(isHeld, false);
  other.close();
  (await asked).release();
});

Deno.test("holdPort() fails as Deno.listen() does for an address of another machine", async () => {
  await assert.rejects(
    holdPort({ hostname: "203.0.113.1", port: 8061 }),
    Deno.errors.AddrNotAvailable,
  );
});

Deno.test("holdPort() takes a port where the root folder cannot be locked", async () => {
  const { lock } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.lock = () => Promise.reject(new Error("Bad file descriptor (os error 9)"));
  try {
    const picked = await holdPort({ hostname: HOSTNAME, port: 0 });
    picked.release();
    const held = await holdPort({ hostname: HOSTNAME, port: picked.port });
    assert.equal(held.port, picked.port);
    held.release();
  } finally {
    Deno.FsFile.prototype.lock = lock;
  }
});

Deno.test("holdPort() waits 2 s at most for a program that keeps the lock", async () => {
  const picked = await holdPort({ hostname: HOSTNAME, port: 0 });
  picked.release();
  using other = await Deno.open("/");
  await other.lock(true);
  const startMs = performance.now();
  (await holdPort({ hostname: HOSTNAME, port: picked.port })).release();
  const waitedMs = performance.now() - startMs;
  assert.ok(waitedMs > 1900 && waitedMs < 10_000, `${waitedMs} ms`);
});

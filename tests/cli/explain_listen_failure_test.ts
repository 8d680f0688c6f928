import assert from "node:assert/strict";
import { runBroker } from "../support/broker.ts";

Deno.test("serve explains alike why it and its page cannot have an address", async (t) => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const rows: Record<string, readonly [host: string, port: number]> = {
    "it is in use": ["127.0.0.1", taken.addr.port],
    "this machine does not have that address": ["203.0.113.1", 8061],
    "there is no host of that name": ["nohost.invalid", 8061],
  };
  for (const [reason, [host, port]] of Object.entries(rows)) {
    await t.step(reason, async () => {
      const forServer = ["--no-web", "--host", host, "--port", `${port}`];
      const { stderr: ofServer } = await runBroker(["serve", ...forServer]);
      const forPage = ["--web-host", host, "--web-port", `${port}`];
      const { stderr: ofPage } = await runBroker(
        ["serve", "--host", "127.0.0.1", "--port", "0", ...forPage],
      );
      const sentence = `${host}:${port}: ${reason}`;
      assert.ok(ofServer.startsWith(`error: Cannot listen on ${sentence}`), ofServer);
      assert.ok(ofPage.startsWith(`error: Cannot open the page on ${sentence}; `), ofPage);
    });
  }
});

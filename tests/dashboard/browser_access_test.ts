import assert from "node:assert/strict";
import { temporaryFolder } from "../support/broker.ts";
import { BrowserTests, startPageServer, untilText } from "./browser_support.ts";

const tests = new BrowserTests();
const TOKEN = "page-token-1";

tests.test("A server with tokens asks for one, and keeps it for this tab only", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/tokens`, `${TOKEN}\n`);
  await using server = await startPageServer(["--token-file", `${folder.path}/tokens`]);
  await tests.withPage(server.url, async (page) => {
    await untilText(page, "#view-token", /asks for a token/);
    await page.getByLabel("Token").fill("not-this-one");
    await page.keyboard.press("Enter");
    await untilText(page, "#token-failure", /does not know this token/);
    await page.getByLabel("Token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await untilText(page, "#connection", /^Live$/);
    await page.locator("#view-live").waitFor();

    await page.click("#views a[href='#try']");
    await page.fill("#try-json", '{"id":7}');
    await page.click("#try-send");
    await untilText(page, "#try-status", /^OK \(0\) 1 answer/);
    await page.click("#copy-broker");
    const command = await untilText(page, "#copied", /\$BROKER_TOKEN/);
    assert.ok(!command.includes(TOKEN), command);

    const kept = await page.context().storageState();
    assert.deepEqual([kept.cookies, kept.origins], [[], []]);
    await page.reload();
    await untilText(page, "#connection", /^Live$/);
    await page.click("#forget-token");
    await untilText(page, "#view-token", /asks for a token/);
  }, { expects: /status of 401/ });
});

tests.test("A read-only server shows everything but Try it and uploads", async () => {
  await using server = await startPageServer(["--web-read-only"]);
  await tests.withPage(`${server.url}/#try`, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    await untilText(page, "#read-only", /^Read-only$/);
    await page.locator("#view-live").waitFor();
    assert.deepEqual(await page.locator("#views a:visible").allTextContents(), [
      "Live",
      "Services",
    ]);
    await page.click("#views a[href='#services']");
    await untilText(page, "#services h4", /BrokerService$/);
    assert.equal(await page.getByRole("button", { name: /^Try/ }).count(), 0);
  });
});

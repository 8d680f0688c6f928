import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { grpcurlPeer } from "../support/find_grpcurl.ts";
import { isMissing } from "../support/peer.ts";
import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";
import { BrowserTests, ECHO, untilText } from "./browser_support.ts";

const tests = new BrowserTests();

/** Opens "Try it" of the echo service with a method chosen. */
async function withMethod(
  method: string,
  run: (page: Page, target: string) => Promise<void>,
): Promise<void> {
  const { url, target } = await tests.server(ECHO);
  await tests.withPage(`${url}/#try`, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    await page.selectOption("#try-method", `/echo.Echo/${method}`);
    await run(page, target);
  });
}

tests.test("A call with a form returns its answer, its status and its trailers", async () => {
  await withMethod("Say", async (page) => {
    await page.getByRole("textbox", { name: /^text/ }).fill("hello");
    await page.getByText("Metadata and deadline").click();
    await page.getByRole("button", { name: "Add metadata" }).click();
    await page.getByLabel("Name").fill("x-sent");
    await page.getByLabel("Value").fill("by the page");
    await page.getByRole("button", { name: "Send" }).click();
    await untilText(page, "#try-status", /^OK \(0\) 1 answer in /);
    await untilText(page, "#try-answers li", /^\{"text":"hello"(,"code":0)?\}$/);
    await page.getByText("Headers and trailers").click();
    await untilText(page, "#try-headers", /x-seen: by the page/);
  });
});

tests.test("A call that fails shows its status, with name, number and message", async () => {
  await withMethod("Say", async (page) => {
    await page.getByRole("textbox", { name: /^text/ }).fill("There is no such thing");
    await page.getByRole("textbox", { name: /^code/ }).fill("5");
    await page.getByRole("button", { name: "Send" }).click();
    await untilText(page, "#try-status", /^NOT_FOUND \(5\) There is no such thing 0 answers/);
  });
});

tests.test("What cannot be sent leaves no answer of an earlier call beside its error", async () => {
  await withMethod("Chat", async (page) => {
    await page.fill("#try-json", '{"text":"one"}');
    await page.click("#try-send");
    await untilText(page, "#try-status", /^OK \(0\) 1 answer/);
    await untilText(page, "#try-answers li", /"one"/);
    await page.fill("#try-json", '{"text":');
    await page.click("#try-send");
    await untilText(page, "#try-failure", /^Line 1 is not JSON/);
    assert.equal(await page.textContent("#try-status"), "Not sent");
    assert.equal(await page.locator("#try-answers li").count(), 0);
    assert.ok(await page.isHidden("#try-headers-part"));
  });
});

tests.test("A form that JSON is shown in has what the JSON has, and no more", async () => {
  await withMethod("Say", async (page) => {
    const text = page.getByRole("textbox", { name: /^text/ });
    await text.fill("taken out");
    await page.click("#try-as-json");
    await page.fill("#try-json", '{"code":0}');
    await page.click("#try-as-form");
    assert.equal(await text.inputValue(), "");
    assert.equal(await page.getByRole("textbox", { name: /^code/ }).inputValue(), "0");
  });
});

tests.test("JSON that cannot be read is refused by the page, and a wrong field by the server", async () => {
  const { url } = await tests.server(ECHO);
  await tests.withPage(`${url}/#try`, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    await page.selectOption("#try-method", "/echo.Echo/Chat");
    await page.fill("#try-json", '{"text":"one"}\n{"text":');
    await page.click("#try-send");
    await untilText(page, "#try-failure", /^Line 2 is not JSON/);
    await page.fill("#try-json", '{"txt":"one"}');
    await page.click("#try-send");
    await untilText(page, "#try-status", /txt/);
    assert.equal(await page.getAttribute("#try-status", "data-kind"), "failed");
  }, { expects: /status of 400/ });
});

tests.test("A stream is one JSON a line, and HTML in messages is shown as text", async () => {
  await withMethod("Chat", async (page) => {
    const html = '<img src="x" onerror="document.title=1"><b>bold</b>';
    await page.fill("#try-json", `{"text":"first"}\n\n${JSON.stringify({ text: html })}`);
    await page.click("#try-send");
    await untilText(page, "#try-status", /^OK \(0\) 2 answers/);
    await untilText(page, "#try-answers li", /<b>bold<\/b>/);
    assert.equal(await page.locator("#try-answers :is(img, b)").count(), 0);

    // In a status, and among the messages that pass.
    const watched = page.waitForResponse(/\/api\/live\?watch=.*Say$/);
    await page.click("#views a[href='#live']");
    await page.selectOption("#watch-method", "/echo.Echo/Say");
    await watched;
    await page.click("#views a[href='#try']");
    await page.selectOption("#try-method", "/echo.Echo/Say");
    await page.getByRole("textbox", { name: /^text/ }).fill(html);
    await page.getByRole("textbox", { name: /^code/ }).fill("9");
    await page.click("#try-send");
    await untilText(page, "#try-status", /^FAILED_PRECONDITION \(9\) <img/);
    await page.click("#views a[href='#live']");
    await untilText(page, "#pairs li", /<b>bold<\/b>/);
    assert.equal(await page.locator("main :is(img, b)").count(), 0);
  });
});

tests.test("A form writes the lines of a stream", async () => {
  await withMethod("Chat", async (page) => {
    await page.fill("#try-json", "");
    for (const text of ["one", "two"]) {
      await page.getByRole("textbox", { name: /^text/ }).fill(text);
      await page.getByRole("button", { name: "Add as a line" }).click();
    }
    assert.equal(await page.inputValue("#try-json"), '{"text":"one"}\n{"text":"two"}');
    await page.click("#try-send");
    await untilText(page, "#try-status", /^OK \(0\) 2 answers/);
  });
});

tests.test("A call that goes on is cancelled", async () => {
  await withMethod("Wait", async (page) => {
    await page.click("#try-send");
    await untilText(page, "#try-status", /1 answered so far/);
    await page.click("#try-cancel");
    await untilText(page, "#try-status", /^Cancelled$/);
    assert.ok(await page.isEnabled("#try-send"));
  });
});

tests.test("A call ends at its deadline", async () => {
  await withMethod("Wait", async (page) => {
    await page.getByText("Metadata and deadline").click();
    await page.fill("#try-deadline", "50");
    await page.click("#try-send");
    await untilText(page, "#try-status", /^DEADLINE_EXCEEDED \(4\)/);
  });
});

tests.test("Try it works with the keyboard alone", async () => {
  const { url } = await tests.server(ECHO);
  await tests.withPage(url, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    await tabTo(page, "Try it");
    await page.keyboard.press("Enter");
    await page.locator("#view-try").waitFor();
    await tabTo(page, "Method");
    // The first method of the service.
    await page.keyboard.press("Home");
    await tabTo(page, "text");
    await page.keyboard.type("by hand");
    await page.keyboard.press("Control+Enter");
    await untilText(page, "#try-status", /^OK \(0\)/);
    await untilText(page, "#try-answers li", /"by hand"/);
    await tabTo(page, "Send");
    await page.keyboard.press("Enter");
    await untilText(page, "#try-answers li", /"by hand"/);
  });
});

/** Presses Tab until what has the focus is called so, by its label or its text. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    const focused = page.locator(":focus");
    const label = await focused.evaluate((element) => {
      // Typed here, as tests know nothing of the DOM.
      const { labels, textContent } = element as unknown as {
        readonly labels?: ArrayLike<{ readonly textContent: string }> | null;
        readonly textContent: string;
      };
      return labels?.[0]?.textContent ?? textContent;
    });
    if (label.trim().startsWith(name)) return;
  }
  throw new Error(`Nothing called "${name}" is reached with the Tab key`);
}

tests.test("The copied commands make the same call in a shell", async () => {
  const grpcurl = await grpcurlPeer();
  await withMethod("Chat", async (page) => {
    const text = `it's "quoted" $HOME \`id\` \\ and\ta tab`;
    await page.fill("#try-json", `${JSON.stringify({ text })}\n{"text":"second"}`);
    const copied = async (name: string) => {
      await page.getByRole("button", { name }).click();
      return await untilText(page, "#copied", new RegExp(`^${name.split(" ")[2]}`));
    };
    const broker = `broker() { command "${Deno.execPath()}" run -A --no-check "${
      repositoryPath("main.ts")
    }" "$@"; }`;
    const ran = await runProgram([
      "sh",
      "-c",
      `${broker}\n${await copied("Copy as broker command")}`,
    ]);
    assert.equal(ran.code, 0, ran.stderr);
    const answers = ran.stdout.trim().split("\n").map((line) => JSON.parse(line).text);
    assert.deepEqual(answers, [text, "second"]);
    const command = await copied("Copy as grpcurl command");
    if (isMissing(grpcurl)) {
      console.error(`The grpcurl command was not run: ${grpcurl.missing}`);
      return;
    }
    const other = await runProgram(
      ["sh", "-c", `grpcurl() { command "${grpcurl.executable}" "$@"; }\n${command}`],
    );
    assert.equal(other.code, 0, other.stderr);
    assert.ok(other.stdout.includes(JSON.stringify(text)), other.stdout);
  });
});

import assert from "node:assert/strict";
import {
  BrowserTests,
  dropFile,
  ECHO,
  overflowOf,
  pixelsOf,
  SENSORS,
  startPageServer,
  streamSensors,
  untilAbove,
  untilOther,
  untilText,
} from "./browser_support.ts";
import { startBroker, temporaryFolder } from "../support/broker.ts";

const tests = new BrowserTests();
const CHART = "#watch-canvas";

tests.test("The page loads without an error, and says which command fills it", async () => {
  const { url, target } = await tests.server();
  await tests.withPage(url, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    assert.equal(await page.textContent("#server-address"), target);
    const command = await untilText(page, "#watch-empty-command", /^broker stream/);
    assert.ok(command.includes(target), command);
    assert.equal(await page.title(), `broker · ${target}`);
  });
});

tests.test("A running stream moves the chart, the figures and the latest messages", async () => {
  const { url, target } = await tests.server();
  await tests.withPage(url, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    await using _stream = streamSensors(target);
    const first = await untilAbove(page, { selector: CHART, name: "samples", least: 5 });
    const before = await pixelsOf(page, CHART);
    await untilAbove(page, { selector: CHART, name: "samples", least: first + 100 });
    assert.notEqual(await pixelsOf(page, CHART), before);
    await untilText(page, "#pairs li", /"sensor1":.*"prediction":/s);
    await untilText(page, "#methods tr", /BrokerService\/BidirectionalStreaming/);
    const rate = "#tiles .tile:nth-child(4) dd";
    assert.match(await untilText(page, rate, /^[1-9]/), /^\d/);
    assert.equal(await page.textContent("#tiles .tile:nth-child(3) dd"), "1");
  });
});

tests.test("An anomaly is marked on the chart and among the messages", async () => {
  const { url, target } = await tests.server();
  await tests.withPage(url, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    await page.check("#pairs-marked");
    await using _stream = streamSensors(target);
    await untilAbove(page, { selector: CHART, name: "marked", least: 0 });
    await untilText(page, "#pairs li", /"prediction":true/);
    // Marks are some 250 rows apart, so that there is one among the 500 in sight; a pause keeps it there.
    await page.click("#watch-pause");
    await page.focus(CHART);
    await page.keyboard.press("m");
    await untilText(page, "#watch-readout", /prediction true.*marked/);
  });
});

tests.test("The chart stands still while it is paused", async () => {
  const { url, target } = await tests.server();
  await tests.withPage(url, async (page) => {
    await using _stream = streamSensors(target);
    await untilAbove(page, { selector: CHART, name: "samples", least: 5 });
    await page.click("#watch-pause");
    await untilText(page, "#watch-pause", /^Resume$/);
    const before = await untilAbove(page, { selector: CHART, name: "samples", least: 0 });
    // Two statistics of the server later, samples have come as well.
    const uptime = await page.textContent("#server-uptime");
    await untilOther(page, "#server-uptime", uptime ?? "");
    const after = await untilAbove(page, { selector: CHART, name: "samples", least: 0 });
    assert.ok(after - before < 100, `${after - before} samples came while the chart was paused`);
    await page.click("#watch-pause");
    await untilAbove(page, { selector: CHART, name: "samples", least: after + 50 });
  });
});

tests.test("A numeric prediction is drawn as a line, not as marks", async () => {
  const { url, target } = await tests.server(ECHO);
  await using folder = await temporaryFolder();
  const rows = Array.from({ length: 40 }, (_, index) => `${20 + index % 7}`);
  await Deno.writeTextFile(`${folder.path}/levels.csv`, ["level", ...rows].join("\n"));
  await tests.withPage(url, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    await page.selectOption("#watch-method", "/echo.Echo/Forecast");
    const client = startBroker(
      ["stream", `${folder.path}/levels.csv`, target, "--method", "echo.Echo/Forecast"].concat(
        ["--loop", "--rate", "100", "-o", "/dev/null"],
      ),
    );
    try {
      await untilAbove(page, { selector: CHART, name: "samples", least: 10 });
      assert.equal(await page.getAttribute(CHART, "data-marked"), "0");
      assert.equal(await page.inputValue("#watch-fields select"), "line");
      await page.focus(CHART);
      await page.keyboard.press("Home");
      const readout = await untilText(page, "#watch-readout", /level \S+ {2}→ level/);
      const [, level, forecast] = /level (\S+) {2}→ level (\S+)/.exec(readout) ?? [];
      assert.equal(Number(forecast), Number(level) / 2, readout);
    } finally {
      client.io.interrupt();
      await client.ended();
    }
  });
});

tests.test("A CSV upload plots its rows and lists those that are marked", async () => {
  const { url } = await tests.server();
  await tests.withPage(`${url}/#csv`, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    await page.setInputFiles("#csv-file", SENSORS);
    await page.click("#csv-send");
    await untilText(page, "#csv-status", /OK \(0\) 2,000 of 2,000 rows answered/);
    await untilAbove(page, { selector: "#csv-canvas", name: "samples", least: 1999 });
    await untilAbove(page, { selector: "#csv-canvas", name: "marked", least: 5 });
    await untilText(page, "#csv-marked li", /^row 187.*"prediction":true/);
    assert.match(await page.textContent("#csv-counts") ?? "", /^2,000 answered, \d+ marked, 0 rej/);
  });
});

tests.test("A file that is dropped is streamed; rows that do not fit are listed, and what does not fit at all is said", async () => {
  const { url } = await tests.server();
  await tests.withPage(`${url}/#csv`, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    const upload = async (text: string) => {
      await dropFile(page, "#csv-drop", { name: "<b>.csv", text });
      await untilText(page, "#csv-hint", /^<b>\.csv, \d+ B$/);
      await page.click("#csv-send");
    };
    await upload("id,sensor1\n1,2.5\n2,<i>no</i>\n3,4\n");
    await untilText(page, "#csv-status", /2 of 3 rows answered/);
    await untilText(page, "#csv-rejected li", /^row 2.*<i>no<\/i>/);
    await upload("<b>unknown</b>\nx\n");
    await untilText(page, "#csv-status", /<b>unknown<\/b>/);
    assert.equal(await page.locator("#view-csv :is(b, i)").count(), 0);
  }, { expects: /status of 400/ });
});

tests.test("The page survives a restart of the server, and shows what it offers then", async () => {
  await using first = await startPageServer();
  const { port } = new URL(first.url);
  await tests.withPage(first.url, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    await first.kill();
    await untilText(page, "#connection", /^Disconnected$/);
    await untilText(page, "#banner", /reconnects by itself/);
    await using second = await startPageServer(["--web-port", port, ...ECHO]);
    await untilText(page, "#connection", /^Live$/);
    await page.locator("#banner").waitFor({ state: "hidden" });
    await untilText(page, "#server-address", new RegExp(second.target));
    await page.click("#views a[href='#services']");
    await untilText(page, "#services h4", /^echo\.Echo$/);
  }, { expects: /net::ERR_/ });
});

tests.test("No view scrolls sideways, neither at 360 px nor at 1440 px", async () => {
  const { url, target } = await tests.server();
  await using _stream = streamSensors(target);
  for (const width of [360, 1440]) {
    await tests.withPage(url, async (page) => {
      await untilAbove(page, { selector: CHART, name: "samples", least: 5 });
      await untilText(page, "#pairs li", /prediction/);
      for (const view of ["live", "try", "csv", "services"]) {
        await page.click(`#views a[href='#${view}']`);
        await page.locator(`#view-${view}`).waitFor();
        const tooWide = await overflowOf(page);
        assert.equal(tooWide, 0, `"${view}" is ${tooWide} px too wide at ${width} px`);
      }
    }, { width });
  }
});

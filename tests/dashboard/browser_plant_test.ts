/** A service with lists and maps, and a file that none of its rows fits. */
import assert from "node:assert/strict";
import { startBroker, temporaryFolder } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { BrowserTests, dropFile, pixelsOf, untilText } from "./browser_support.ts";

/** What a test reads of the page, inside of it. */
declare const document: {
  querySelector(selector: string): { toDataURL(): string } | null;
};

const tests = new BrowserTests();
const PLANT = [
  repositoryPath("tests/dashboard/fixtures/plant.proto"),
  "--handlers",
  repositoryPath("tests/dashboard/fixtures/plant_handlers.ts"),
];

tests.test("A file with decimal commas is no success: the reason and the way are said once, the rows counted", async () => {
  const { url } = await tests.server(PLANT);
  const rows = Array.from({ length: 500 }, (_, at) => `${at};"20,${at % 100}"`);
  const text = ["sample_id;temp_c", ...rows].join("\n");
  await tests.withPage(`${url}/#csv`, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    await dropFile(page, "#csv-drop", { name: "plant.csv", text });
    await page.click("#csv-send");
    await untilText(
      page,
      "#csv-status",
      /^No row was answered 0 of 500 rows answered, 500 rejected/,
    );
    assert.equal(await page.getAttribute("#csv-status", "data-kind"), "failed");
    await untilText(page, "#csv-rejected li", /^and 497 more rows like this$/);
    const listed = await page.locator("#csv-rejected li").allTextContents();
    assert.equal(listed.length, 4);
    assert.equal(
      listed[2],
      'row 3Cannot read "plant.csv" line 4 column 2 (temp_c): "20,2" is not a double; if that is a decimal comma, ' +
        "send the file with broker stream --decimal ,",
    );
  });
});

tests.test("An empty chart has a strip for each field that is chosen", async () => {
  const { url } = await tests.server(PLANT);
  await tests.withPage(`${url}/#csv`, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    await dropFile(page, "#csv-drop", { name: "plant.csv", text: "temp_c\nx\n" });
    await page.click("#csv-send");
    await untilText(page, "#csv-status", /^No row was answered/);
    const all = await pixelsOf(page, "#csv-canvas");
    await page.locator("#csv-fields").getByLabel("flow").first().uncheck();
    await page.waitForFunction(
      ([selector, before]) => document.querySelector(selector)?.toDataURL() !== before,
      ["#csv-canvas", all ?? ""] as const,
    );
  });
});

tests.test("Messages are shown in the order of the .proto, within lists as well", async () => {
  const { url, target } = await tests.server(PLANT);
  await using folder = await temporaryFolder();
  const file = `${folder.path}/plant.csv`;
  const columns = "sample_id,temp_c,peaks[0].bins[0],peaks[0].height,labels[unit],humidity";
  await Deno.writeTextFile(file, `${columns}\n7,21.5,3,0.5,C,40\n`);
  await tests.withPage(url, async (page) => {
    await untilText(page, "#connection", /^Live$/);
    const client = startBroker(
      ["stream", file, target, "--loop", "--rate", "50", "-o", "/dev/null"],
    );
    try {
      const line = await untilText(page, "#pairs li .pair-line:nth-child(2)", /"sample_id"/);
      assert.match(
        line,
        /^in\{"sample_id":7,"temp_c":21\.5,"peaks":\[\{"bins":\[3\],"height":0\.5\}\],"labels":\{"unit":"C"\},"humidity":40,/,
      );
    } finally {
      client.io.interrupt();
      await client.ended();
    }
  });
});

tests.test("The type of a map says once that it is one", async () => {
  const { url } = await tests.server(PLANT);
  await tests.withPage(`${url}/#services`, async (page) => {
    const types = page.locator("#messages tr");
    await types.first().waitFor({ state: "attached" });
    const texts = await types.allTextContents();
    assert.ok(texts.includes("4labelsmap<string, string>"), texts.join(" | "));
    assert.ok(texts.includes("3peaksrepeated Peak"), texts.join(" | "));
  });
});

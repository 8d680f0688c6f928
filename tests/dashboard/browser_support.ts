/** A real browser on a real `broker serve`. */
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { startBroker } from "../support/broker.ts";
import { type BrokerProcess, startBrokerProcess } from "../support/broker_process.ts";
import { repositoryPath } from "../support/paths.ts";

const ARGUMENTS = [
  "--no-sandbox",
  "--headless",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];
/** What tests read of the page, inside of it. */
declare const document: {
  querySelector(selector: string): {
    readonly dataset: Readonly<Record<string, string>>;
    readonly textContent: string;
    toDataURL(): string;
  } | null;
  readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number };
};
declare class DataTransfer {
  readonly items: { add(file: File): void };
}

/** For anything on the page to happen, in ms: both cores may be busy with other tests. */
const TIMEOUT_MS = 20_000;

/** Where the proto and the handlers of the echo service are. */
export const ECHO = [
  repositoryPath("tests/dashboard/fixtures/echo.proto"),
  "--handlers",
  repositoryPath("tests/dashboard/fixtures/echo_handlers.ts"),
];
/** Path of the sample data: 2,000 rows, the first anomaly in row 187. */
export const SENSORS = repositoryPath("dataset/sensors.csv");

/** A `broker serve` with its page. */
export interface PageServer extends BrokerProcess {
  /** Of gRPC: `127.0.0.1:port`. */
  readonly target: string;
  /** Of the page: `http://127.0.0.1:port`. */
  readonly url: string;
}

/** Starts `broker serve` with these arguments, on free ports unless they name some. */
export async function startPageServer(args: readonly string[] = []): Promise<PageServer> {
  const ports = args.includes("--web-port") ? [] : ["--web-port", "0"];
  const broker = startBrokerProcess([
    "serve",
    ...["--host", "127.0.0.1", "--port", "0", "--log", "off"],
    ...ports,
    ...args,
  ]);
  const [, target = ""] = await broker.untilSaid(/^Listening on (\S+): /m);
  const [, url = ""] = await broker.untilSaid(/^Page on (\S+)$/m);
  return { ...broker, target, url };
}

/** Streams the sample data into a server, again and again, until it is disposed of. */
export function streamSensors(target: string, args: readonly string[] = []): AsyncDisposable {
  const client = startBroker(
    [
      "stream",
      SENSORS,
      target,
      "--loop",
      "--rate",
      "400",
      "-O",
      "jsonl",
      "-o",
      "/dev/null",
      ...args,
    ],
  );
  return {
    async [Symbol.asyncDispose]() {
      client.io.interrupt();
      await client.ended();
    },
  };
}

/** How a page is opened. */
export interface OpenOptions {
  /** In CSS pixels. Default 1280. */
  readonly width?: number;
  /** Messages of the console that belong to what is tested: the browser's own words for a status of HTTP, or none. */
  readonly expects?: RegExp;
}

/** What tests of one file share: a browser, and servers that are started when first asked for. */
export class BrowserTests {
  readonly #executable = findChromium();
  readonly #servers = new Map<string, Promise<PageServer>>();
  #browser: Promise<Browser> | undefined;

  constructor() {
    if (this.#executable === undefined) return;
    Deno.test.afterAll(async () => {
      await (await this.#browser)?.close();
      for (const server of this.#servers.values()) await (await server).kill();
    });
  }

  /** Registers a test; without a browser it is ignored, and says why. */
  test(name: string, fn: () => Promise<void>): void {
    if (this.#executable !== undefined) {
      // The browser and the servers outlive a test; `afterAll()` ends them.
      Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
      return;
    }
    const skipped = `${name} (skipped: chromium is not installed)`;
    console.error(skipped);
    Deno.test({ name: skipped, ignore: true, fn() {} });
  }

  /** The server with these arguments, which all tests of the file share. */
  server(args: readonly string[] = []): Promise<PageServer> {
    const key = args.join(" ");
    const server = this.#servers.get(key) ?? startPageServer(args);
    this.#servers.set(key, server);
    return server;
  }

  /** Opens a page of its own session, and fails when it says anything on the console, or breaks its policy. */
  async withPage(
    url: string,
    run: (page: Page) => Promise<void>,
    { width = 1280, expects }: OpenOptions = {},
  ): Promise<void> {
    const browser = await (this.#browser ??= launch(this.#executable ?? ""));
    const context = await browser.newContext({ viewport: { width, height: 800 } });
    const faults: string[] = [];
    try {
      context.setDefaultTimeout(TIMEOUT_MS);
      const page = await context.newPage();
      page.on("pageerror", (error) => faults.push(String(error)));
      page.on("console", (message) => {
        // A breach of the content security policy is said here as well.
        if (["error", "warning"].includes(message.type())) faults.push(message.text());
      });
      await page.goto(url);
      await run(page);
    } finally {
      await context.close();
    }
    assert.deepEqual(faults.filter((fault) => !expects?.test(fault)), []);
  }
}

async function launch(executablePath: string): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return await chromium.launch({ executablePath, args: ARGUMENTS, timeout: TIMEOUT_MS });
}

function findChromium(): string | undefined {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if (Deno.statSync(`${folder}/chromium`).isFile) return `${folder}/chromium`;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** Waits until the page has a visible element that the selector finds and whose text matches. */
export async function untilText(page: Page, selector: string, text: RegExp): Promise<string> {
  const found = page.locator(selector).filter({ hasText: text, visible: true }).first();
  try {
    await found.waitFor();
  } catch (cause) {
    const seen = await page.locator(selector).allTextContents();
    throw new Error(`"${selector}" never became ${text}, but: ${seen.join(" | ")}`, { cause });
  }
  return await found.textContent() ?? "";
}

/** Waits until an attribute `data-…` of an element is a number above `least`, and returns it. */
export async function untilAbove(
  page: Page,
  wanted: { readonly selector: string; readonly name: string; readonly least: number },
): Promise<number> {
  const found = await page.waitForFunction(({ selector, name, least }) => {
    const value = Number(document.querySelector(selector)?.dataset[name] ?? -1);
    return value > least ? { value } : undefined;
  }, wanted);
  return (await found.jsonValue())?.value ?? NaN;
}

/** Waits until an element's text is another one. */
export async function untilOther(page: Page, selector: string, text: string): Promise<void> {
  await page.waitForFunction(
    ([selector, text]) => document.querySelector(selector)?.textContent !== text,
    [selector, text] as const,
  );
}

/** What a canvas shows, as a `data:` URL. */
export function pixelsOf(page: Page, selector: string): Promise<string | undefined> {
  return page.evaluate((selector) => document.querySelector(selector)?.toDataURL(), selector);
}

/** How many pixels of the page are beyond its window, to the right. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() =>
    document.documentElement.scrollWidth - document.documentElement.clientWidth
  );
}

/** Drops a file on an element. */
export async function dropFile(
  page: Page,
  selector: string,
  file: { readonly name: string; readonly text: string },
): Promise<void> {
  const dataTransfer = await page.evaluateHandle(({ name, text }) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], name, { type: "text/csv" }));
    return transfer;
  }, file);
  await page.dispatchEvent(selector, "drop", { dataTransfer });
}

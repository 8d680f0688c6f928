import assert from "node:assert/strict";
import { repositoryPath } from "../support/paths.ts";

const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  ...[...Deno.readDirSync(repositoryPath("docs"))].map(({ name }) => `docs/${name}`).sort(),
].filter((path) => path.endsWith(".md"));

Deno.test("every link of the docs leads to a file, and to a heading where it names one", async () => {
  const faults: string[] = [];
  for (const page of PAGES) {
    const text = await read(page);
    for (const [, link = ""] of withoutCode(text).matchAll(/\]\(([^()\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = "", heading] = link.split("#");
      const target = path === "" ? page : resolve(page, path);
      if (!exists(target)) faults.push(`${page}: there is no ${target}`);
      else if (heading !== undefined && !headings(await read(target)).includes(heading)) {
        faults.push(`${page}: ${target} has no heading "#${heading}"`);
      }
    }
  }
  assert.deepEqual(faults, []);
});

Deno.test("docs/README.md names every page of docs/", async () => {
  const index = await read("docs/README.md");
  const missing = PAGES.filter((path) =>
    path.startsWith("docs/") && path !== "docs/README.md" &&
    !index.includes(`](${path.slice("docs/".length)}`)
  );
  assert.deepEqual(missing, []);
});

function read(path: string): Promise<string> {
  return Deno.readTextFile(repositoryPath(path));
}

function exists(path: string): boolean {
  try {
    Deno.statSync(repositoryPath(path));
    return true;
  } catch {
    return false;
  }
}

function resolve(page: string, path: string): string {
  return new URL(path, `file:///${page}`).pathname.slice(1);
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[^]*?^```$/gm, "").replaceAll(/`[^`\n]*`/g, "");
}

/** As GitHub makes anchors: small letters, no signs, dashes for spaces. */
function headings(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

/**
 * What CHANGELOG.md says of a version: the text under its heading, `## 0.1.0` or `## 0.1.0 (2026-11-21)`.
 *
 * @throws Error if there is no such heading, or nothing below it
 */
export function readChanges(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => /^\S+/.exec(text)?.[0] === version);
  if (section === undefined) {
    const names = sections.map((text) => `"## ${text.slice(0, text.indexOf("\n"))}"`).join(", ");
    throw new Error(
      `Cannot find "## ${version}" in CHANGELOG.md: it has ${names || "no sections"}`,
    );
  }
  const changes = section.slice(section.indexOf("\n")).trim();
  if (changes === "") throw new Error(`Cannot release: "## ${version}" in CHANGELOG.md is empty`);
  return changes;
}

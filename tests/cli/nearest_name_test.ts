import assert from "node:assert/strict";
import { editDistance, nearestName } from "../../cli/nearest_name.ts";

Deno.test("editDistance() counts insertions, deletions, replacements and swaps", () => {
  const rows: [from: string, to: string, distance: number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["abc", "", 3],
    ["serve", "serve", 0],
    ["srve", "serve", 1],
    ["serrve", "serve", 1],
    ["sarve", "serve", 1],
    ["prot", "port", 1],
    ["kitten", "sitting", 3],
  ];
  for (const [from, to, distance] of rows) {
    assert.equal(editDistance(from, to), distance, `${from} → ${to}`);
  }
});

Deno.test("nearestName() finds what was probably meant", () => {
  const flags = ["host", "port", "proto", "import-path", "max-msg-sz", "max-streams", "grace"];
  const rows: [name: string, nearest: string | undefined][] = [
    ["prot", "port"],
    ["protto", "proto"],
    ["hsot", "host"],
    ["max-msg-size", "max-msg-sz"],
    ["max-msg", "max-msg-sz"],
    ["import", "import-path"],
    ["gr", undefined],
    ["tls", undefined],
    ["web-port", undefined],
    ["", undefined],
  ];
  for (const [name, nearest] of rows) assert.equal(nearestName(name, flags), nearest, name);
});

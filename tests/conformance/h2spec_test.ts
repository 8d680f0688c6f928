/** HTTP/2 as others read it: every case of h2spec against our server, of h2specd against our client. */
import { strict as assert } from "node:assert";
import { repositoryPath } from "../support/paths.ts";
import { testWithPeers } from "../support/test_with_peers.ts";
import { findPorts, findSuite, runSuite, startTarget, type Verdict } from "./h2spec.ts";

const h2spec = await findSuite("h2spec");
const h2specd = await findSuite("h2specd");

/** Seconds that a case may take. */
const CASE_SECONDS = "3";
/** Sections of h2specd, in groups that take about as long: each case waits a second. */
const CLIENT_SECTIONS: readonly (readonly string[])[] = [
  ["client/1", "client/4"],
  ["client/5"],
  ["client/6.1", "client/6.2", "client/6.3", "client/6.4"],
  ["client/6.5", "client/6.7"],
  ["client/6.8", "client/6.9", "client/6.10"],
];
/** As many as h2specd 2.2.1 has; a section that is misspelt runs nothing and says nothing. */
const CLIENT_CASES = 57;
/** Ports that a group of sections may listen on. */
const PORTS = 64;

function checkVerdict(name: string, { passed, cases, report }: Verdict): void {
  console.log(`${name}: ${passed} of ${cases} passed`);
  assert.equal(passed, cases, report);
}

for (const [name, flags] of [["h2spec", []], ["h2spec --strict", ["--strict"]]] as const) {
  testWithPeers({ h2spec }, `Our server passes every case of ${name}`, async ({ h2spec }) => {
    await using target = await startTarget();
    const where = ["-h", "127.0.0.1", "-p", String(target.port), "-P", "/h2spec"];
    checkVerdict(name, await runSuite(h2spec, [...where, "-o", CASE_SECONDS, ...flags]));
  });
}

testWithPeers({ h2specd }, "Our client passes every case of h2specd", async ({ h2specd }) => {
  const client = [Deno.execPath(), "run", "-A", repositoryPath("tests/h2specd_client.ts")];
  const first = findPorts(PORTS * CLIENT_SECTIONS.length);
  const verdicts = await Promise.all(CLIENT_SECTIONS.map((sections, group) => {
    const where = ["-h", "127.0.0.1", "-f", String(first + group * PORTS)];
    return runSuite(h2specd, [...where, "-o", CASE_SECONDS, "-e", client.join(" "), ...sections]);
  }));
  const sum = (count: (verdict: Verdict) => number) =>
    verdicts.reduce((total, verdict) => total + count(verdict), 0);
  const total = {
    passed: sum(({ passed }) => passed),
    cases: sum(({ cases }) => cases),
    report: verdicts.map(({ report }) => report).join("\n"),
  };
  checkVerdict("h2specd", total);
  assert.ok(total.cases >= CLIENT_CASES, `only ${total.cases} cases were run`);
});

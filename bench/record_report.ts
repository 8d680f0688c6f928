import { repositoryPath } from "../tests/support/paths.ts";
import { runProgram } from "../tests/support/run_program.ts";
import { drawReport } from "./draw_report.ts";
import { type BenchReport, formatReport } from "./report.ts";

const DOCUMENT = "docs/performance.md";
const IMAGE = "docs/images/performance.svg";
const BEGIN = "<!-- bench:begin -->";
const END = "<!-- bench:end -->";

/**
 * Puts a report between the two markers of docs/performance.md, and draws its image.
 *
 * @throws Error if the markers are not there
 */
export async function recordReport(report: BenchReport): Promise<void> {
  const path = repositoryPath(DOCUMENT);
  const text = await Deno.readTextFile(path);
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(`Cannot record in "${DOCUMENT}": it needs the lines ${BEGIN} and ${END}`);
  }
  const recorded = `${BEGIN}\n\n${formatReport(report)}\n\n${END}`;
  await Deno.writeTextFile(path, text.slice(0, begin) + recorded + text.slice(end + END.length));
  await Deno.mkdir(repositoryPath("docs/images"), { recursive: true });
  await Deno.writeTextFile(repositoryPath(IMAGE), drawReport(report));
  await runProgram([Deno.execPath(), "fmt", path]);
  console.error(`Recorded in ${DOCUMENT} and ${IMAGE}`);
}

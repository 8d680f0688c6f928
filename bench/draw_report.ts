import { type BenchReport, formatValue, type WorkReport } from "./report.ts";

/** Sizes in pixels of the image's own. */
const PANEL_WIDTH = 400;
const BAR_HEIGHT = 12;
const ROW_HEIGHT = 16;
const TITLE_HEIGHT = 24;
const GAP = 20;
const NAME_WIDTH = 110;
const VALUE_WIDTH = 90;

/** Grey and one colour that stand out on white and on black; text follows the reader's colour scheme. */
const STYLE = `
  text { font: 11px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 12px }
  .bar { fill: #8c959f } .ours { fill: #2f81f7 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .bar { fill: #6e7681 } }`;

/** The medians as bars, a panel for each work, two panels a row. Each panel has a scale of its own. */
export function drawReport({ works }: BenchReport): string {
  const panels: string[] = [];
  let top = GAP;
  for (let index = 0; index < works.length; index += 2) {
    const row = works.slice(index, index + 2);
    row.forEach((work, column) =>
      panels.push(drawPanel(work, GAP + column * (PANEL_WIDTH + GAP), top))
    );
    top += GAP + TITLE_HEIGHT + ROW_HEIGHT * Math.max(...row.map(({ results }) => results.length));
  }
  const width = 2 * PANEL_WIDTH + 3 * GAP;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" role="img">
<title>Medians of broker and its peers</title>
<style>${STYLE}
</style>
${panels.join("\n")}
</svg>
`;
}

function drawPanel(
  { letter, title, unit, results }: WorkReport,
  left: number,
  top: number,
): string {
  const shownUnit = unit === "octets/s"
    ? ""
    : unit === "µs"
    ? ", µs: shorter is better"
    : `, ${unit}`;
  const heading = `(${letter}) ${title}${shownUnit}`;
  const longest = Math.max(...results.map(({ summary }) => summary?.median ?? 0));
  const bars = results.map(({ key, name, summary }, index) => {
    const y = TITLE_HEIGHT + index * ROW_HEIGHT;
    const value = summary?.median ?? 0;
    const room = PANEL_WIDTH - NAME_WIDTH - VALUE_WIDTH;
    const width = longest === 0 ? 0 : Math.max(1, value / longest * room);
    const text = summary === undefined ? "failed" : formatValue(value, unit);
    const kind = key === "ours" ? "bar ours" : "bar";
    return `<text x="${NAME_WIDTH - 6}" y="${y + 10}" text-anchor="end">${escapeXml(name)}</text>` +
      `<rect class="${kind}" x="${NAME_WIDTH}" y="${y}" width="${
        width.toFixed(1)
      }" height="${BAR_HEIGHT}"/>` +
      `<text x="${(NAME_WIDTH + width + 5).toFixed(1)}" y="${y + 10}">${text}</text>`;
  });
  return `<g transform="translate(${left} ${top})">
<text class="title" y="12">${escapeXml(heading)}</text>
${bars.join("\n")}
</g>`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

import { LINE_WIDTH } from "./layout.ts";

/** Breaks a paragraph of Markdown into lines as `deno fmt` does: code between backticks stays together. */
export function wrapText(text: string, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/(?:`[^`]*`|\[[^\]]*\]|[^\s`[])+|\[/g) ?? []) {
    if (line === "") line = lines.length === 0 ? word : indent + word;
    else if (line.length + 1 + word.length <= LINE_WIDTH) line += ` ${word}`;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line].join("\n");
}

import { escapeControls } from "./escape_controls.ts";
import type { Io } from "./io.ts";

/** How much is said. */
export interface TalkOptions {
  readonly quiet: boolean;
  readonly verbose: boolean;
}

const STYLES = {
  bold: "\u001b[1m",
  dim: "\u001b[2m",
  red: "\u001b[31m",
  green: "\u001b[32m",
  yellow: "\u001b[33m",
} as const;

/** A look of text on a terminal. */
export type Style = keyof typeof STYLES;

/** What a command says beside its data: on stderr, one line at a time, control characters escaped. */
export interface Talk {
  /** True if colour and lines that redraw themselves are welcome: a terminal, no `NO_COLOR`, not quiet. */
  readonly isRich: boolean;
  readonly isVerbose: boolean;
  /** Progress, summaries, warnings. Returns what `write()` returns. Silent with `--quiet`. */
  say(line: string, style?: Style): Promise<void> | undefined;
  /** What only `--verbose` wants to know. */
  detail(line: string): Promise<void> | undefined;
  /** An error; said even with `--quiet`. */
  fail(sentence: string): Promise<void> | undefined;
  /** Text of several lines as it is, such as a stack trace or a table; said even with `--quiet`. */
  print(text: string): Promise<void> | undefined;
}

/** Makes the talk of one command. */
export function createTalk(io: Io, options: TalkOptions): Talk {
  const { quiet, verbose } = options;
  const mayColor = io.stderr.isTerminal && !io.env("NO_COLOR") && io.env("TERM") !== "dumb";
  const paint = (text: string, style?: Style) =>
    mayColor && style !== undefined ? `${STYLES[style]}${text}\u001b[0m` : text;
  const say = (line: string, style?: Style) =>
    quiet ? undefined : io.stderr.write(`${paint(escapeControls(line), style)}\n`);
  return {
    isRich: mayColor && !quiet,
    isVerbose: verbose,
    say,
    detail: (line) => verbose ? say(line, "dim") : undefined,
    fail: (sentence) => io.stderr.write(`${paint("error:", "red")} ${escapeControls(sentence)}\n`),
    print: (text) => io.stderr.write(text.endsWith("\n") ? text : `${text}\n`),
  };
}

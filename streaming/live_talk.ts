import type { Io, Style, Talk } from "../cli/mod.ts";
import { type InputShare, ProgressLine } from "./progress.ts";
import type { StreamCounts } from "./stream_options.ts";

/** How often the line is drawn, in ms. */
const INTERVAL_MS = 200;
const ERASE_LINE = "\r\u001b[2K";
/** A line wider than the terminal would wrap, and could not be erased. */
const DEFAULT_COLUMNS = 80;

/** What a run says while it goes on: sentences, and on a terminal a line below them that says how far it is. */
export class LiveTalk {
  readonly #io: Io;
  readonly #talk: Talk;
  readonly #isShown: boolean;
  #timer: ReturnType<typeof setInterval> | undefined;
  #draw: () => void = () => {};

  /** @param options.isQuiet there is no line: the answers go to the same terminal, or nobody is to see it */
  constructor(io: Io, talk: Talk, options: { readonly isQuiet: boolean }) {
    this.#io = io;
    this.#talk = talk;
    this.#isShown = talk.isRich && !options.isQuiet;
  }

  /** Begins to show how far the run is. */
  start(counts: () => StreamCounts, share: () => InputShare): void {
    if (!this.#isShown) return;
    const line = new ProgressLine(performance.now());
    this.#draw = () => {
      const text = line.format(counts(), share(), performance.now());
      this.#io.stderr.write(ERASE_LINE + text.slice(0, columnsOfTerminal() - 1));
    };
    this.#timer = setInterval(this.#draw, INTERVAL_MS);
  }

  say(sentence: string, style?: Style): Promise<void> | undefined {
    if (this.#timer !== undefined) this.#io.stderr.write(ERASE_LINE);
    const patience = this.#talk.say(sentence, style);
    if (this.#timer !== undefined) this.#draw();
    return patience;
  }

  /** Takes the line away. Harmless when repeated. */
  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#io.stderr.write(ERASE_LINE);
  }
}

function columnsOfTerminal(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return DEFAULT_COLUMNS;
  }
}

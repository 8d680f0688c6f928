/** A page of the docs as a program for bash. */
export interface PageScript {
  readonly script: string;
  /** What must have been printed: the file under $OUTPUT, and its text. */
  readonly outputs: readonly { readonly file: string; readonly text: string }[];
  /** Blocks and lines that do not run, and why, each with its place. */
  readonly skipped: readonly string[];
}

export interface PageScriptOptions {
  /** What blocks that need something have: `docker`. */
  readonly has: ReadonlySet<string>;
  /** Lines that do not run, by what they hold, with the reason. */
  readonly omit?: readonly { readonly pattern: RegExp; readonly reason: string }[];
}

/**
 * Runs in one shell, as a reader's terminal does. `serve` starts a server in a second one, waits until it listens, and
 * keeps its output from filling a pipe; the next server, or the end of the page, stops the last one.
 */
const PRELUDE = `set -euo pipefail
server=
stop() { if [ -n "$server" ]; then kill "$server" && wait "$server" || true; server=; fi; }
trap stop EXIT
serve() {
  stop
  local log; log=$(mktemp -u); mkfifo "$log"
  "$@" > "$log" 2>&1 & server=$!
  exec {listening}< "$log"
  while read -r -u "$listening" line; do
    echo "$line"
    case $line in "Listening on "*) cat <&"$listening" > /dev/null & return;; esac
  done
  echo "The server ended"; return 1
}
`;

/**
 * Turns the `sh` blocks of a page into one script.
 *
 * A comment before a block says what is special: `<!-- test: serve -->` for a server, `<!-- test: needs docker -->`,
 * and `<!-- test: output -->` before a `text` block, which is what the block before it must print.
 *
 * @throws Error for a comment that it does not know
 */
export function writePageScript(page: string, options: PageScriptOptions): PageScript {
  const lines: string[] = [];
  const outputs: { file: string; text: string }[] = [];
  const skipped: string[] = [];
  let last = "";
  for (const match of page.matchAll(BLOCK)) {
    const { marker = "", language = "", body = "" } = match.groups ?? {};
    const line = page.slice(0, match.index).split("\n").length;
    if (language === "text") {
      if (marker === "output") outputs.push({ file: last, text: body });
      continue;
    }
    const [kind, need] = marker.split(" ");
    if (kind === "needs" && need !== undefined) {
      if (!options.has.has(need)) {
        skipped.push(`line ${line}: there is no ${need}`);
        continue;
      }
    } else if (kind !== "" && kind !== "serve") throw new Error(`Unknown marker "${marker}"`);
    last = String(line);
    lines.push(`echo '== line ${line}'`);
    const commands = omitLines(body, options, (reason) => skipped.push(`line ${line}: ${reason}`));
    if (kind === "serve") lines.push(`serve ${commands.trim()}`);
    else lines.push("{", commands.trimEnd(), `} > "$OUTPUT/${last}"`);
  }
  return { script: `${PRELUDE}${lines.join("\n")}\n`, outputs, skipped };
}

/** A fenced block, and the comment before it. */
const BLOCK =
  /(?:^<!-- test: (?<marker>[\w ]+) -->\n+)?^```(?<language>sh|text)\n(?<body>[^]*?)^```$/gm;

function omitLines(
  body: string,
  { omit = [] }: PageScriptOptions,
  tell: (reason: string) => void,
): string {
  return body.split("\n").filter((line) => {
    const rule = omit.find(({ pattern }) => pattern.test(line));
    if (rule !== undefined) tell(`"${line}": ${rule.reason}`);
    return rule === undefined;
  }).join("\n");
}

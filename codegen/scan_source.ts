/** A piece of TypeScript that means something; comments and blanks are left out. */
export interface Token {
  readonly kind: "word" | "text" | "mark";
  /** As in the source; of a string its value, of a regular expression or template nothing. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** How many brackets are open before it; a closing bracket has the depth of its opening one. */
  readonly depth: number;
}

/** Words after which a slash begins a regular expression. */
const BEFORE_EXPRESSION: ReadonlySet<string> = new Set(
  ["await", "case", "delete", "do", "else", "in", "instanceof", "new", "of", "return", "throw"]
    .concat(["typeof", "void", "yield"]),
);

const BLANK = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|^#![^\n]*)+/y;
const WORD = /[\p{ID_Start}$_@#][\p{ID_Continue}$\u200c\u200d]*|\d[\w.]*/uy;
const STRING = /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y;
const REGEXP = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/\w*/y;
/** Marks of more than one character that must not be taken apart. */
const MARK = /=>|\.\.\.|[=!]==?|[<>]=|./sy;

/**
 * Splits TypeScript into tokens: enough to find an object and its members, no more.
 *
 * @returns undefined if brackets, strings or templates do not end as they should, so that nothing can be said
 */
export function scanSource(source: string): Token[] | undefined {
  const tokens: Token[] = [];
  const open: string[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const push = (kind: Token["kind"], text: string, length: number, depth = open.length) => {
    tokens.push({ kind, text, start: at, end: at + length, depth });
    at += length;
  };
  for (;;) {
    at += match(BLANK)?.length ?? 0;
    if (at >= source.length) break;
    const word = match(WORD);
    const string = match(STRING);
    const char = source[at] ?? "";
    if (word !== undefined) push("word", word, word.length);
    else if (string !== undefined) push("text", string.slice(1, -1), string.length);
    else if (char === "`" || char === "}" && open.at(-1) === "${") {
      if (char === "}") open.pop();
      const end = endOfTemplate(source, at + 1);
      if (end === undefined) return undefined;
      const goesOn = source[end - 1] === "{";
      push("text", "", end - at);
      if (goesOn) open.push("${");
    } else if (char === "/" && beginsExpression(tokens.at(-1))) {
      const length = match(REGEXP)?.length;
      if (length === undefined) return undefined;
      push("text", "", length);
    } else if ("([{".includes(char)) {
      push("mark", char, 1);
      open.push(char);
    } else if (")]}".includes(char)) {
      if (open.pop() !== "([{"[")]}".indexOf(char)]) return undefined;
      push("mark", char, 1);
    } else if (char === '"' || char === "'") return undefined;
    else {
      const mark = match(MARK) ?? char;
      push("mark", mark, mark.length);
    }
  }
  return open.length === 0 ? tokens : undefined;
}

/** Where a template, or the part of it up to the next `${`, ends: behind the backtick or the brace. */
function endOfTemplate(source: string, start: number): number | undefined {
  for (let at = start; at < source.length; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "`") return at + 1;
    else if (source.startsWith("${", at)) return at + 2;
  }
  return undefined;
}

function beginsExpression(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "word") return BEFORE_EXPRESSION.has(before.text);
  return before.kind === "mark" && !")]}".includes(before.text);
}

/** The 1-based line of a place in a text. */
export function lineOf(source: string, index: number): number {
  return source.slice(0, index).split("\n").length;
}

import { lineOf, scanSource, type Token } from "./scan_source.ts";

/** An object of handlers in a `server.ts`. */
export interface HandlerObject {
  /** 1-based line of its beginning. */
  readonly line: number;
  /** The line of each member, by name. */
  readonly members: ReadonlyMap<string, number>;
  /** Whether members may come from elsewhere: a spread or a computed name. */
  readonly isOpen: boolean;
  /** The token before its closing brace. */
  readonly last: Token;
  readonly close: Token;
}

/** What a `server.ts` holds, as far as that can be told without understanding it. */
export interface ServerSource {
  /** The constants that are objects, by name. */
  readonly objects: ReadonlyMap<string, HandlerObject>;
  /** What is imported or declared at the top level. */
  readonly names: ReadonlySet<string>;
  /** Where the last import ends; 0 if there is none. */
  readonly endOfImports: number;
  /** The line on which each word first stands. */
  readonly words: ReadonlyMap<string, number>;
}

const DECLARING: ReadonlySet<string> = new Set(
  ["class", "const", "enum", "function", "interface", "let", "type", "var"],
);

/** Reads a `server.ts`; undefined if its brackets do not match, so that nothing in it can be found. */
export function readServer(text: string): ServerSource | undefined {
  const tokens = scanSource(text);
  if (tokens === undefined) return undefined;
  const objects = new Map<string, HandlerObject>();
  const names = new Set<string>();
  const words = new Map<string, number>();
  let endOfImports = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "mark" && token.text !== "" && !words.has(token.text)) {
      words.set(token.text, lineOf(text, token.start));
    }
    if (token.kind !== "word" || token.depth !== 0) continue;
    const next = tokens[index + 1];
    if (token.text === "import" && next?.text !== "(" && next?.text !== ".") {
      endOfImports = readImport(tokens, index, names);
    } else if (DECLARING.has(token.text) && next?.kind === "word") {
      names.add(next.text);
      const object = token.text === "const" ? readObject(text, tokens, index + 1) : undefined;
      if (object !== undefined) objects.set(next.text, object);
    }
  }
  return { objects, names, endOfImports, words };
}

/** Collects the names of an import, and returns where it ends. */
function readImport(tokens: readonly Token[], start: number, names: Set<string>): number {
  let at = start + 1;
  for (; at < tokens.length && tokens[at]?.kind !== "text"; at++) {
    const { kind, text } = tokens[at] ?? { kind: "mark", text: "" };
    const following = tokens[at + 1]?.text;
    // `a as b` declares b alone.
    if (kind === "word" && text !== "from" && following !== "as") names.add(text);
  }
  const end = tokens[at + 1]?.text === ";" ? tokens[at + 1] : tokens[at];
  return end?.end ?? 0;
}

/** Reads `NAME: Type = { … }`; undefined if it is something else. */
function readObject(
  text: string,
  tokens: readonly Token[],
  nameAt: number,
): HandlerObject | undefined {
  const name = tokens[nameAt];
  let at = nameAt + 1;
  for (; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.depth === 0 && (token.text === "=" || token.text === ";")) break;
  }
  const open = tokens[at + 1];
  if (name === undefined || tokens[at]?.text !== "=" || open?.text !== "{") return undefined;
  const closeAt = tokens.findIndex((token, index) =>
    index > at + 1 && token.text === "}" && token.depth === 0
  );
  const close = tokens[closeAt];
  const last = tokens[closeAt - 1];
  if (close === undefined || last === undefined) return undefined;
  const inner = tokens.slice(at + 2, closeAt).filter(({ depth }) => depth === 1);
  return { ...readMembers(text, inner), line: lineOf(text, name.start), last, close };
}

/** The members of an object, from the tokens that stand in it directly. */
function readMembers(
  text: string,
  tokens: readonly Token[],
): Pick<HandlerObject, "members" | "isOpen"> {
  const members = new Map<string, number>();
  let isOpen = false;
  let isStart = true;
  for (const [index, token] of tokens.entries()) {
    if (token.text === "," && token.kind === "mark") {
      isStart = true;
      continue;
    }
    if (!isStart) continue;
    const next = tokens[index + 1];
    const isModifier = token.kind === "word" && /^(async|get|set)$/.test(token.text) &&
      next !== undefined && !/^[(:,]$/.test(next.text);
    if (isModifier || token.text === "*") continue;
    isStart = false;
    if (token.kind === "mark") isOpen = true;
    else members.set(token.text, lineOf(text, token.start));
  }
  return { members, isOpen };
}

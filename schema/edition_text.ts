/** The only edition that protobufjs 7.6.6 takes. */
const KNOWN_EDITION = "2023";
/** Has the fields, features and defaults of 2023; what is new in it is not on the wire. */
const LATER_EDITION = "2024";

/** Here and below, what is not closed goes on to the end: a search that gave up would begin anew at every character. */
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;

/** What a `.proto` begins with. */
export interface Syntax {
  readonly syntax: "proto2" | "proto3" | "editions";
  /** `2023`; only of editions. */
  readonly edition: string | undefined;
}

/** Reads the `syntax` or `edition` statement, leaving comments alone. */
export function readSyntax(text: string): Syntax {
  const bare = text.replace(COMMENT, " ");
  const [, statement, value] = /^\s*(syntax|edition)\s*=\s*["']([^"']*)["']/.exec(bare) ?? [];
  if (statement === "edition") return { syntax: "editions", edition: value };
  return { syntax: value === "proto3" ? "proto3" : "proto2", edition: undefined };
}

/** A comment, a string, and what edition 2024 has beside 2023, in that order. */
const NEWS =
  /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\bimport\s+option\s+(?:"[^"\n]*"|'[^'\n]*')\s*;|\bedition\s*=\s*["']2024["']|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|\b(?:export|local)(?=\s+(?:message|enum)\s+\w+\s*\{)/g;

/**
 * Writes a `.proto` of edition 2024 as one of 2023, for protobufjs: `export`, `local` and `import option` become blanks, so
 * that lines stay where they are. Any other text stays as it is.
 */
export function toKnownEdition(text: string): string {
  const isLater = text.includes(LATER_EDITION) && readSyntax(text).edition === LATER_EDITION;
  if (!isLater) return text;
  return text.replace(NEWS, (token) => {
    if (token.startsWith("edition")) return token.replace(LATER_EDITION, KNOWN_EDITION);
    return /^[eil]/.test(token) ? token.replace(/[^\n]/g, " ") : token;
  });
}

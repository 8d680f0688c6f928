import { readFileSync } from "node:fs";
import protobuf from "protobufjs";
import { toKnownEdition } from "./edition_text.ts";
import type { ProtoFile } from "./read_imports.ts";
import { SchemaError } from "./schema_error.ts";

/** A type that is used but not defined, as protobufjs words it. */
const UNKNOWN_TYPE =
  /^no such (?:Type or Enum|type):? '?([^']+?)'?(?: in (?:Type|Service) \.?(\S+))?$/;
/** A name or number given twice. */
const DUPLICATE = /^duplicate (name|id) '?([^']+?)'? in (?:\w+) \.?(\S+)$/;
/** A message, enum or service of a package, or of none, that is there already. */
const CLASH = /^duplicate name '([^']+)' in (?:Namespace \.(\S+)|Root)$/;
/** A syntax error: what is wrong, and `(file, line n)` or `(line n)`. */
const SYNTAX = /^(.*) \((?:.*, )?line (\d+)\)$/s;
/** The token that a syntax error quotes first. */
const QUOTED_TOKEN = /'([^']+)'/;

/**
 * Turns what protobufjs threw about the file at `path` into one sentence with the place, as far as it is
 * known.
 *
 * @param spelling how the user wrote the path
 */
export function explainLoadFailure(path: string, spelling: string, error: unknown): SchemaError {
  const text = error instanceof Error ? error.message : String(error);
  return new SchemaError(explain(path, spelling, error, text), { cause: error });
}

/**
 * Names the files that define one thing twice; undefined if that is not what protobufjs threw.
 *
 * @param files all that were read
 * @param spellings how the user wrote the paths
 */
export function explainClash(
  files: readonly ProtoFile[],
  spellings: ReadonlyMap<string, string>,
  error: unknown,
): SchemaError | undefined {
  const [, name, scope] = CLASH.exec(error instanceof Error ? error.message : "") ?? [];
  if (name === undefined) return undefined;
  const fullName = scope === undefined ? name : `${scope}.${name}`;
  const owners = files.map(({ path, text }) => ({
    spelling: `"${spellings.get(path) ?? path}"`,
    count: countDefinitions(text, fullName),
  })).filter(({ count }) => count > 0);
  const [first, second] = owners;
  if (first === undefined) return undefined;
  const sentence = first.count > 1 || second === undefined
    ? `Cannot load ${first.spelling}: it defines "${fullName}", which is there already; rename one of the two`
    : `Cannot load ${first.spelling} and ${second.spelling} together: ` +
      `both define "${fullName}"; leave one of the files out`;
  return new SchemaError(sentence, { cause: error });
}

/** How often a file defines a message, an enum or a service; 2 for more than once. */
function countDefinitions(text: string, fullName: string): number {
  const root = new protobuf.Root();
  let isTwice = false;
  try {
    protobuf.parse(toKnownEdition(text), root, { keepCase: true });
  } catch (error) {
    // All that stands before the fault is in the root.
    isTwice = CLASH.test(error instanceof Error ? error.message : "");
  }
  const found = root.lookup(`.${fullName}`);
  return found === null || found.constructor === protobuf.Namespace ? 0 : isTwice ? 2 : 1;
}

function explain(path: string, spelling: string, error: unknown, text: string): string {
  const syntax = SYNTAX.exec(text);
  if (syntax !== null) {
    const line = Number(syntax[2]);
    const column = findColumn(path, line, QUOTED_TOKEN.exec(text)?.[1]);
    const place = column === undefined ? `line ${line}` : `line ${line} column ${column}`;
    return `Cannot parse "${spelling}" ${place}: ${explainSyntax(syntax[1] ?? "")}`;
  }
  // Observed with protobufjs 7.6.6: the end of the file inside a block surfaces as a TypeError about null.
  if (error instanceof TypeError) {
    const lines = readLines(path).length;
    return `Cannot parse "${spelling}" line ${lines}: the file ends inside a definition`;
  }
  const unknownType = UNKNOWN_TYPE.exec(text);
  if (unknownType !== null) {
    const user = unknownType[2] === undefined ? "a method" : `"${unknownType[2]}"`;
    return `Cannot load "${spelling}": ${user} uses the type "${unknownType[1]}", ` +
      `which neither this file nor its imports define`;
  }
  const duplicate = DUPLICATE.exec(text);
  if (duplicate !== null) {
    const what = duplicate[1] === "id" ? "number" : "name";
    return `Cannot load "${spelling}": "${duplicate[3]}" has two fields of the ${what} "${
      duplicate[2]
    }"`;
  }
  return `Cannot load "${spelling}": ${text}`;
}

/** `illegal token '1', '=' expected` and `illegal id '"'` in words of our own. */
function explainSyntax(text: string): string {
  const [, what, token, expected] = /^illegal (\w+) '(.*?)'(?:, '(.*)' expected)?$/s.exec(text) ??
    [];
  if (what === undefined || token === undefined) return text;
  if (token === "null") return "the file ends inside a definition";
  if (expected !== undefined) return `found "${token}" where "${expected}" is expected`;
  return what === "token" ? `unexpected "${token}"` : `"${token}" is not a valid ${what}`;
}

/** The 1-based column of `token`, unless it is missing from the line or stands there more than once. */
function findColumn(path: string, line: number, token: string | undefined): number | undefined {
  if (token === undefined) return undefined;
  const text = readLines(path)[line - 1] ?? "";
  const first = text.indexOf(token);
  if (first < 0 || text.includes(token, first + token.length)) return undefined;
  return first + 1;
}

/** Error paths never throw: a file that has vanished since has no lines. */
function readLines(path: string): string[] {
  try {
    return readFileSync(path, "utf8").trimEnd().split("\n");
  } catch {
    return [];
  }
}

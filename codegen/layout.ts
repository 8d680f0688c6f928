/** The longest line of generated code, in characters; the generated `deno.json` tells `deno fmt`. */
export const LINE_WIDTH = 100;

/** A type in TypeScript, as far as its layout goes. */
export type TypeText =
  | { readonly kind: "name"; readonly text: string }
  | { readonly kind: "generic"; readonly name: string; readonly args: readonly TypeText[] }
  | { readonly kind: "list"; readonly item: TypeText; readonly readonly: boolean }
  | { readonly kind: "union"; readonly members: readonly TypeText[] };

export function nameType(text: string): TypeText {
  return { kind: "name", text };
}

export function genericType(name: string, ...args: TypeText[]): TypeText {
  return { kind: "generic", name, args };
}

/** A union; members that are unions themselves are spread. */
export function unionType(...members: TypeText[]): TypeText {
  const flat = members.flatMap((member) => member.kind === "union" ? member.members : [member]);
  return { kind: "union", members: flat };
}

/** Writes a type on one line. */
export function printType(type: TypeText): string {
  switch (type.kind) {
    case "name":
      return type.text;
    case "generic":
      return `${type.name}<${type.args.map(printType).join(", ")}>`;
    case "list": {
      const item = printType(type.item);
      const list = type.item.kind === "union" ? `(${item})[]` : `${item}[]`;
      return type.readonly ? `readonly ${list}` : list;
    }
    case "union":
      return type.members.map(printType).join(" | ");
  }
}

/** Writes a property of an interface as `deno fmt` does, on several lines if it must be. */
export function printProperty(indent: string, name: string, type: TypeText): string[] {
  const flat = `${indent}${name}: ${printType(type)};`;
  if (flat.length <= LINE_WIDTH) return [flat];
  const inner = `${indent}  `;
  if (type.kind === "union") {
    const members = type.members.map((member) => `${inner}| ${printType(member)}`);
    return [`${indent}${name}:`, ...endLast(members, ";")];
  }
  if (type.kind === "generic") {
    const args = type.args.map((arg) => `${inner}${printType(arg)},`);
    const last = args.pop()?.slice(0, -1) ?? "";
    return [`${indent}${name}: ${type.name}<`, ...args, last, `${indent}>;`];
  }
  return [`${indent}${name}:`, `${inner}${printType(type)};`];
}

/** Writes `export type … = …` of a union or an intersection. */
export function printAlias(
  name: string,
  members: readonly TypeText[],
  operator: "|" | "&",
): string[] {
  const start = `export type ${name} =`;
  const flat = `${start} ${members.map(printType).join(` ${operator} `)};`;
  if (flat.length <= LINE_WIDTH) return [flat];
  const [only] = members;
  if (members.length === 1 && only?.kind === "generic") {
    const args = only.args.map((arg) => `  ${printType(arg)}`).join(",\n").split("\n");
    return [`${start} ${only.name}<`, ...args, ">;"];
  }
  if (members.length === 1 && only !== undefined) return [start, `  ${printType(only)};`];
  const lines = members.flatMap((member) => {
    const line = `  ${operator} ${printType(member)}`;
    if (line.length < LINE_WIDTH || member.kind !== "generic") return [line];
    const args = member.args.map((arg) => `    ${printType(arg)},`);
    const last = args.pop()?.slice(0, -1) ?? "";
    return [`  ${operator} ${member.name}<`, ...args, last, "  >"];
  });
  return [start, ...endLast(lines, ";")];
}

/** Writes a call, its arguments below each other if they do not fit behind each other. */
export function printCall(
  indent: string,
  callee: string,
  args: readonly string[],
  end = ";",
): string[] {
  const flat = `${indent}${callee}(${args.join(", ")})${end}`;
  if (flat.length <= LINE_WIDTH && !flat.includes("\n")) return [flat];
  const inner = args.map((arg) => `${indent}  ${arg.replaceAll("\n", "\n  ")},`);
  return [`${indent}${callee}(`, ...inner.flatMap((line) => line.split("\n")), `${indent})${end}`];
}

/** Writes an import of names from a module. */
export function printImport(names: readonly string[], module: string, typeOnly = false): string[] {
  const keyword = typeOnly ? "import type" : "import";
  const sorted = [...names].sort(compareNames);
  const flat = `${keyword} { ${sorted.join(", ")} } from "${module}";`;
  if (flat.length <= LINE_WIDTH || sorted.length === 1) return [flat];
  return [`${keyword} {`, ...sorted.map((name) => `  ${name},`), `} from "${module}";`];
}

/** The order of `deno fmt`: without regard to case, then capitals first. */
function compareNames(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  if (a !== b) return a < b ? -1 : 1;
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * Writes a JSDoc comment; nothing for no text.
 *
 * @param paragraphs each of one or more lines; empty ones are left out
 */
export function printDoc(indent: string, paragraphs: readonly string[]): string[] {
  const lines = paragraphs.map(cleanComment).filter((text) => text !== "").join("\n\n").split("\n");
  const [only] = lines;
  if (only === undefined || only === "") return [];
  const flat = `${indent}/** ${only} */`;
  if (lines.length === 1 && flat.length <= LINE_WIDTH) return [flat];
  const body = lines.map((line) => line === "" ? `${indent} *` : `${indent} * ${line}`);
  return [`${indent}/**`, ...body, `${indent} */`];
}

/** What a comment of a `.proto` may hold that would end ours, or that a tool would take for an order. */
function cleanComment(text: string): string {
  return text.replaceAll("*/", "*\\/").replace(/@(ts-|deno-|jsx)/g, "(at)$1")
    // deno-lint-ignore no-control-regex
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f\u2028\u2029]+/g, " ")
    .replace(/[ \t]+$/gm, "").trim();
}

/** Joins the lines of a file. A line that no rule of ours could break makes the file one that is not formatted. */
export function joinLines(lines: readonly string[]): string {
  const text = `${lines.join("\n")}\n`;
  const isTooLong = text.split("\n").some((line) =>
    line.length > LINE_WIDTH && !/^\s*(\/\/|\*|\/\*\*|import )/.test(line)
  );
  return isTooLong ? `// deno-fmt-ignore-file: it has names that are too long\n${text}` : text;
}

function endLast(lines: readonly string[], end: string): string[] {
  return lines.map((line, index) => index === lines.length - 1 ? line + end : line);
}

/** A string literal, in double quotes as `deno fmt` writes it. */
export function printString(text: string): string {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

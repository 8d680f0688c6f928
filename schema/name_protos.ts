import type { ProtoFile } from "./read_imports.ts";
import type { ProtoText } from "./schema.ts";

/**
 * Gives files the names that descriptors know them by: those that others import them under, or the base name for a file
 * that none imports, with as many of its folders before it as set it apart from the others.
 */
export function nameProtos(files: readonly ProtoFile[]): ProtoText[] {
  const taken = new Set(files.flatMap(({ targets }) => [...targets]));
  return files.map(({ path, text, targets: [name, ...others] }) => {
    if (name !== undefined) return { names: [name, ...others], text };
    const own = nameApart(path, taken);
    taken.add(own);
    return { names: [own], text };
  });
}

function nameApart(path: string, taken: ReadonlySet<string>): string {
  const parts = path.split(/[/\\]/).filter((part) => part !== "");
  for (let start = parts.length - 1; start > 0; start--) {
    const name = parts.slice(start).join("/");
    if (!taken.has(name)) return name;
  }
  return parts.join("/");
}

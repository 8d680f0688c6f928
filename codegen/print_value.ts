import { LINE_WIDTH } from "./layout.ts";

/** A value in TypeScript, as far as its layout goes. */
export type Value =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly Value[] }
  | {
    readonly kind: "object";
    readonly entries: readonly (readonly [key: string, value: Value])[];
  };

export function textValue(text: string): Value {
  return { kind: "text", text };
}

/**
 * Writes a value as `deno fmt` does: on one line if it fits, else an item a line.
 *
 * @param indent of the line that it begins on
 * @param start how far into that line it begins
 * @param end how much follows behind it
 */
export function printValue(
  value: Value,
  { indent = "", start = 0, end = 1 }: {
    readonly indent?: string;
    readonly start?: number;
    readonly end?: number;
  } = {},
): string {
  const flat = printFlat(value);
  if (value.kind === "text" || start + flat.length + end <= LINE_WIDTH) return flat;
  const inner = `${indent}  `;
  const items = value.kind === "list"
    ? value.items.map((item) => ["", item] as const)
    : value.entries.map(([key, item]) => [`${printKey(key)}: `, item] as const);
  const lines = items.map(([prefix, item]) => {
    const start = inner.length + prefix.length;
    return `${inner}${prefix}${printValue(item, { indent: inner, start })},`;
  });
  const [open, close] = value.kind === "list" ? "[]" : "{}";
  return [open, ...lines, indent + close].join("\n");
}

function printFlat(value: Value): string {
  switch (value.kind) {
    case "text":
      return value.text;
    case "list":
      return `[${value.items.map(printFlat).join(", ")}]`;
    case "object": {
      const entries = value.entries.map(([key, item]) => `${printKey(key)}: ${printFlat(item)}`);
      return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
    }
  }
}

/** The key of an object, in quotes where it must be. */
export function printKey(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}

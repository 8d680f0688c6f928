import type { MessageShape } from "../schema/mod.ts";
import { cleanName } from "./clean_name.ts";
import { createCellConverter } from "./convert_cell.ts";
import type { PathStep } from "./field_target.ts";

/** Messages nested deeper are not searched, and not more of them: recursive ones have no end. */
const MAX_DEPTH = 6;
const MAX_MESSAGES = 1000;

/**
 * Finds the fields of a name inside the messages that `message` holds: through single ones, and through one repeated one,
 * whose element is then that of the row. Fields of `message` itself are not among them.
 */
export function findLeaves(message: MessageShape, name: string): PathStep[][] {
  const clean = cleanName(name);
  const found: PathStep[][] = [];
  const queue: { shape: MessageShape; path: PathStep[]; outer: MessageShape[] }[] = [
    { shape: message, path: [], outer: [] },
  ];
  for (let visited = 0; visited < MAX_MESSAGES; visited++) {
    const next = queue.shift();
    if (next === undefined) break;
    const { shape, path, outer } = next;
    const hasRow = path.some((step) => step.kind === "row");
    for (const field of shape.fields) {
      const inner: PathStep[] = [...path, { kind: "field", field }];
      const isMatch = path.length > 0 && cleanName(field.name) === clean;
      if (isMatch && field.cardinality !== "map") found.push(inner);
      if (field.type.kind !== "message" || createCellConverter(field.type) !== undefined) continue;
      if (field.cardinality === "map" || (field.cardinality === "repeated" && hasRow)) continue;
      const { message: held } = field.type;
      if (held === shape || outer.includes(held) || outer.length >= MAX_DEPTH) continue;
      if (field.cardinality === "repeated") inner.push({ kind: "row" });
      queue.push({ shape: held, path: inner, outer: [...outer, shape] });
    }
  }
  return found;
}

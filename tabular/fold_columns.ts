import type { MessageShape } from "../schema/mod.ts";
import { createFieldTarget, type FieldTarget, type PathStep } from "./field_target.ts";
import { findField } from "./find_field.ts";
import { splitNumbered } from "./column_names.ts";

/** Where the repeated fields are that columns may fold into. */
export interface FoldScope {
  readonly message: MessageShape;
  readonly prefix: readonly PathStep[];
}

/**
 * Folds numbered columns (`v0`, `v1`, …) that name no field of their own into one repeated field.
 *
 * The field is the one that the columns are called after (`samples_0` fills `samples`). If none is, it is
 * the only repeated field that no other column fills, provided that the columns are all of one series of
 * two or more and nothing else is left over.
 *
 * @param left the columns without a target, by 0-based index
 * @param scope the message with the fields, and the way to it; where rows are grouped, an element of a list
 * @returns the targets of those that could be folded
 */
export function foldColumns(
  left: ReadonlyMap<number, string>,
  scope: FoldScope,
  isFree: (field: string) => boolean,
): Map<number, FieldTarget> {
  const series = new Map<string, number[]>();
  for (const [index, name] of left) {
    const prefix = splitNumbered(name)?.prefix;
    if (prefix === undefined) continue;
    const indexes = series.get(prefix);
    if (indexes === undefined) series.set(prefix, [index]);
    else indexes.push(index);
  }
  const folded = new Map<number, FieldTarget>();
  for (const [prefix, indexes] of series) {
    const target = findList(scope, prefix) ?? findOnlyList(left, indexes, scope, isFree);
    if (target === undefined) continue;
    for (
      const [index, element] of orderElements(target, indexes, (index) => left.get(index) ?? "")
    ) {
      folded.set(index, element);
    }
  }
  return folded;
}

/** Gives the columns of a series their places in `list`, in the order of their numbers. */
export function orderElements(
  list: FieldTarget,
  indexes: readonly number[],
  nameOf: (index: number) => string,
): Map<number, FieldTarget> {
  const numberOf = (index: number) => splitNumbered(nameOf(index))?.number ?? 0;
  const ordered = [...indexes].sort((left, right) => numberOf(left) - numberOf(right));
  return new Map(ordered.map((index, place) => [index, elementOf(list, place)]));
}

/** The element of a repeated field as a target of its own. */
export function elementOf(list: FieldTarget, index: number): FieldTarget {
  return {
    path: [...list.path, { kind: "index", index }],
    text: `${list.text}[${index}]`,
    type: list.type,
    isList: false,
    format: list.format,
  };
}

function findList({ message, prefix }: FoldScope, name: string): FieldTarget | undefined {
  const field = findField(message, name);
  const target = field === undefined ? undefined : createFieldTarget(field, prefix);
  return target?.isList === true ? target : undefined;
}

function findOnlyList(
  left: ReadonlyMap<number, string>,
  indexes: readonly number[],
  { message, prefix }: FoldScope,
  isFree: (field: string) => boolean,
): FieldTarget | undefined {
  if (indexes.length < 2 || indexes.length !== left.size) return undefined;
  const lists = message.fields.flatMap((field) => createFieldTarget(field, prefix) ?? [])
    .filter((target) => target.isList && isFree(target.text));
  return lists.length === 1 ? lists[0] : undefined;
}

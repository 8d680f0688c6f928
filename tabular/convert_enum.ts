import type { EnumShape } from "../schema/mod.ts";
import { cleanName } from "./clean_name.ts";
import { CellError, quote } from "./tabular_error.ts";

/** A list longer than this in an error would hide what it says. */
const MAX_LISTED_VALUES = 10;

/** A number, also as `3.0`, which is how pandas writes integers beside missing values. */
const NUMBER = /^([+-]?\d{1,10})(?:\.0*)?$/;

/**
 * Creates a converter from a cell to the name of an enum's value: by name or by number. Where that is unambiguous, case,
 * `_`, `-` and blanks do not count, and the enum's name before a value's may be missing: `green` is `COLOR_GREEN`.
 */
export function createEnumConverter(shape: EnumShape): (text: string) => string {
  const byNumber = new Map<number, string>();
  for (const { name, number } of shape.values) {
    // Of aliases the first one stands for the number, as in `enums: String`.
    if (!byNumber.has(number)) byNumber.set(number, name);
  }
  const byName = indexNames(shape);
  return (text) => {
    const trimmed = text.trim();
    const number = NUMBER.exec(trimmed)?.[1];
    const found = number === undefined
      ? byName.get(trimmed) ?? byName.get(cleanName(trimmed))
      : byNumber.get(Number(number));
    if (found !== undefined) return found;
    const listed = shape.values.slice(0, MAX_LISTED_VALUES).map(({ name, number }) =>
      `${name} = ${number}`
    );
    if (shape.values.length > MAX_LISTED_VALUES) listed.push("…");
    const type = shortName(shape);
    throw new CellError(`${quote(text)} is not a value of ${type} (${listed.join(", ")})`);
  };
}

/** The names by everything that may stand for them; what could stand for two is not among it. */
function indexNames(shape: EnumShape): Map<string, string> {
  const prefix = cleanName(shortName(shape));
  const loose = new Map<string, string | undefined>();
  const add = (text: string, name: string) => {
    const isNew = !loose.has(text) || loose.get(text) === name;
    loose.set(text, isNew ? name : undefined);
  };
  for (const { name } of shape.values) {
    const clean = cleanName(name);
    add(clean, name);
    if (clean.startsWith(prefix)) add(clean.slice(prefix.length), name);
  }
  const byName = new Map<string, string>();
  for (const [text, name] of loose) if (name !== undefined && text !== "") byName.set(text, name);
  for (const { name } of shape.values) byName.set(name, name);
  return byName;
}

function shortName({ fullName }: EnumShape): string {
  return fullName.slice(fullName.lastIndexOf(".") + 1);
}

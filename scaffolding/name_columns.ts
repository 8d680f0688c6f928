/** A column that does not become a field of its own name. */
export interface NameNote {
  /** 0-based. */
  readonly index: number;
  readonly text: string;
}

/** The names of the fields that columns become. */
export interface ColumnNames {
  /** By 0-based column. */
  readonly names: readonly string[];
  readonly notes: readonly NameNote[];
}

/** Fields of such names would be properties that every object has. */
const RESERVED = /^(?:__proto__|constructor|hasOwnProperty|toString|valueOf)$/;

/**
 * Gives each column a name that a field can have: its own if it is one, else one of its letters and digits. What would be
 * the second of a name gets a number.
 */
export function nameColumns(header: readonly string[]): ColumnNames {
  const taken = new Map<string, number>();
  const names: string[] = [];
  const notes: NameNote[] = [];
  for (const [index, column] of header.entries()) {
    const clean = cleanName(column) || `column_${index + 1}`;
    let name = clean;
    for (let number = 2; taken.has(keyOf(name)); number++) name = `${clean}_${number}`;
    const owner = taken.get(keyOf(clean));
    taken.set(keyOf(name), index);
    names.push(name);
    const place = `Column ${index + 1} (${JSON.stringify(column)}) becomes ${name}`;
    if (owner !== undefined) {
      notes.push({ index, text: `${place}: ${clean} is taken by column ${owner + 1}` });
    } else if (name !== column) notes.push({ index, text: place });
  }
  return { names, notes };
}

/** Fields whose names differ only in this are the same to JSON and to `broker stream`. */
function keyOf(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}

function cleanName(column: string): string {
  const trimmed = column.trim();
  const isField = /^[A-Za-z_]\w*$/.test(trimmed) && /[A-Za-z0-9]/.test(trimmed);
  if (isField) return RESERVED.test(trimmed) ? `${trimmed.replace(/^_+|_+$/g, "")}_value` : trimmed;
  const letters = trimmed.normalize("NFKD").replace(/\p{M}/gu, "")
    .replace(/([a-z\d])([A-Z])/g, "$1_$2").toLowerCase()
    .replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return /^\d/.test(letters) ? `_${letters}` : letters;
}

/** A list longer than this in an error would hide what it says. */
const MAX_LISTED_NAMES = 20;

/** Lists names for a message, the first ones of many. */
export function listNames(names: readonly string[]): string {
  const listed = names.slice(0, MAX_LISTED_NAMES).join(", ");
  const left = names.length - MAX_LISTED_NAMES;
  return left > 0 ? `${listed} and ${left} more` : listed;
}

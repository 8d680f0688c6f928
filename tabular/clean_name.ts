/** What is left of a name when its case, `_`, `-` and blanks do not count. */
export function cleanName(name: string): string {
  return name.toLowerCase().replace(/[_\-\s]/g, "");
}

/** Whether a value came back as it was sent: fields that were not there have their defaults. */
export function includes(found: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return Object.is(found, wanted);
  if (typeof found !== "object" || found === null) return false;
  if (Array.isArray(wanted) !== Array.isArray(found)) return false;
  if (Array.isArray(found) && Array.isArray(wanted) && found.length !== wanted.length) return false;
  const parts: Readonly<Record<string, unknown>> = { ...found };
  return Object.entries(wanted).every(([name, value]) => includes(parts[name], value));
}

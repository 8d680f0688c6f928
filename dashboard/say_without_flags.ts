/**
 * A sentence of `tabular/` for the page, which has no flags: what it advises to do with them becomes what a user of the
 * page can do.
 */
export function sayWithoutFlags(sentence: string): string {
  const said = sentence.replace(/; [^;"]*(?<= )--[a-z][^]*$/, ADVICE);
  // The page takes this one as a parameter, under that name.
  return said.replaceAll(/(?<= )--map (?=")/g, "map ");
}

const ADVICE = "; change the file, or send it with broker stream, which has options for that";

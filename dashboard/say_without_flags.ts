/**
 * A sentence of `tabular/` for the page, which has no flags: what it advises to do with them becomes what a user of the
 * page can do. Advice to say one flag names it as one of `broker stream`, and keeps the cause that comes with it.
 */
export function sayWithoutFlags(sentence: string): string {
  const said = sentence.replace(/; [^;"]*(?<= )--[a-z][^]*$/, (advice) => {
    const isOneFlag = advice.match(/ --[a-z]/g)?.length === 1 && advice.includes(" say --");
    return isOneFlag ? advice.replace(" say --", " send the file with broker stream --") : ADVICE;
  });
  // The page takes this one as a parameter, under that name.
  return said.replaceAll(/(?<= )--map (?=")/g, "map ");
}

const ADVICE = "; change the file, or send it with broker stream, which has options for that";

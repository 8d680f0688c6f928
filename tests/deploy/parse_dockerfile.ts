/** One instruction of a Dockerfile. */
export interface Instruction {
  /** In capitals: `RUN`. */
  readonly name: string;
  /** The rest of it, on one line. */
  readonly text: string;
  /** The words of the JSON form: `CMD ["a", "b"]`; undefined for any other form. */
  readonly words: readonly string[] | undefined;
}

/** From one FROM to the next. */
export interface Stage {
  /** What it begins with, variables filled in: an image, `scratch`, or the name of a stage before. */
  readonly base: string;
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** Reads a Dockerfile: comments gone, continued lines joined. No here-documents. @throws Error */
export function parseDockerfile(text: string): Stage[] {
  const lines = text.split("\n").filter((line) => !/^\s*(#|$)/.test(line)).join("\n");
  const joined = lines.replaceAll(/\s*\\\n\s*/g, " ").split("\n");
  const variables = new Map<string, string>();
  const stages: { base: string; name: string | undefined; instructions: Instruction[] }[] = [];
  for (const line of joined) {
    const [, name = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (name === "") throw new Error(`Cannot read "${line}": it is no instruction`);
    const stage = stages.at(-1);
    if (name === "FROM") {
      const [image = "", as, stageName] = rest.split(/\s+/);
      const base = image.replaceAll(/\$\{(\w+)\}/g, (_, key) => variables.get(key) ?? "");
      stages.push({ base, name: as === "AS" ? stageName : undefined, instructions: [] });
    } else if (stage !== undefined) stage.instructions.push(readInstruction(name, rest));
    else if (name === "ARG") variables.set(...splitOnce(rest));
    else throw new Error(`Cannot read "${line}": before the first FROM there is only ARG`);
  }
  return stages;
}

function readInstruction(name: string, text: string): Instruction {
  const json = /\[.*\]$/.exec(text)?.[0];
  return { name, text, words: json === undefined ? undefined : JSON.parse(json) };
}

function splitOnce(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

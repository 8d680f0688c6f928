import denoConfig from "../deno.json" with { type: "json" };

/** The executable's name, as users type it. */
export const PROGRAM_NAME = "broker";

/** The version of `deno.json`. */
export const VERSION: string = denoConfig.version;

/** What `broker --version` prints; a binary names the commit that it was built from. */
export function formatVersion(denoVersion: string): string {
  const commit = Deno.build.standalone ? readCommit() : undefined;
  const parts = [...(commit === undefined ? [] : [`commit ${commit}`]), `Deno ${denoVersion}`];
  return `${PROGRAM_NAME} ${VERSION} (${parts.join(", ")})\n`;
}

/** What `deno task compile` wrote into the binary; undefined where it did not know the commit. */
function readCommit(): string | undefined {
  const text = Deno.readTextFileSync(new URL("../dist/build.json", import.meta.url));
  const { commit, changed } = JSON.parse(text);
  return commit !== undefined && changed ? `${commit} with changes` : commit;
}

import denoConfig from "../deno.json" with { type: "json" };

/** The executable's name, as users type it. */
export const PROGRAM_NAME = "broker";

/** The version of `deno.json`. */
export const VERSION: string = denoConfig.version;

/** What `broker --version` prints. */
export function formatVersion(denoVersion: string): string {
  return `${PROGRAM_NAME} ${VERSION} (Deno ${denoVersion})\n`;
}

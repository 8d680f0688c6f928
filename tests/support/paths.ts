/** A file or folder of the repository as a path of this system: `repositoryPath("tests/peers")`. */
export function repositoryPath(path: string): string {
  return decodeURIComponent(new URL(`../../${path}`, import.meta.url).pathname);
}

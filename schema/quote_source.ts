/** Where a schema came from, as sentences name it: file names in quotes, `the built-in databroker` as it is. */
export function quoteSource(source: string): string {
  return source.startsWith("the ") ? source : `"${source}"`;
}

import { describeError } from "../cli/describe_error.ts";

/** A line of a stack that names a file; those of the runtime itself (`ext:deno_fs/30_fs.js`) are of no use to anybody. */
const PLACE = /^ *at (?:.*[ (])?((?:file|https?):\/\/.+:\d+:\d+)\)?$/m;
/** What Deno 2.9.6 says of `import "lodash"`. */
const BARE = /^Import "([^"]+)" not a dependency/;

/**
 * Says in words why a module cannot be imported, and where.
 *
 * @param cause what `import()` threw: Deno's own errors have the source and the place in their text, in colour
 * @param importer the URL of the module that imported it
 */
export function explainImportFailure(cause: unknown, importer: string): string {
  const [first = ""] = withoutColours(describeError(cause)).split("\n");
  const place = findPlace(cause, importer);
  return first.replace(/^SyntaxError: /, "").replace(/\.$/, "") +
    (place === undefined ? "" : ` at ${place}`) + adviseOn(first);
}

/** The first place in the stack, before it comes to those who asked for the module. */
function findPlace(cause: unknown, importer: string): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const place = PLACE.exec(withoutColours(cause.stack ?? ""))?.[1];
  return place?.startsWith(importer) ? undefined : place;
}

function adviseOn(sentence: string): string {
  const name = BARE.exec(sentence)?.[1];
  return name === undefined ? "" : `; write "npm:${name}"`;
}

function withoutColours(text: string): string {
  // deno-lint-ignore no-control-regex -- colours begin with one
  return text.replace(/\u001b\[\d*m/g, "");
}

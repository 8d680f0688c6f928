/**
 * Replaces control characters by their escapes: `\n`, `\u001b`.
 *
 * Text that others wrote (a cell, a status message) must neither steer the terminal nor look like several lines.
 *
 * @example
 * ```ts
 * assert.equal(escapeControls("a\nb\u001b[31m"), "a\\nb\\u001b[31m");
 * ```
 */
export function escapeControls(text: string): string {
  // C0, DEL, C1, and the marks that turn the direction of writing.
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return SHORT_ESCAPES.get(character) ??
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

const SHORT_ESCAPES = new Map([["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"]]);

import type { Manifest } from "./manifest.ts";

/** A method that is not what it was, as `pkg.Service/Method`; one whose messages changed comes once for each of them. */
export type MethodChange =
  | { readonly kind: "removed"; readonly method: string }
  | {
    readonly kind: "signature";
    readonly method: string;
    /** `rpc Method(pkg.Request) returns (pkg.Answer)`. */
    readonly was: string;
    readonly now: string;
  }
  | {
    readonly kind: "message";
    readonly method: string;
    readonly message: string;
    /** What is different in it. */
    readonly text: string;
  };

/** Messages by name, each with the types of its fields. */
type Messages = Manifest["messages"];

/** Finds the methods of an earlier run that are gone, are of another kind or type, or whose messages have changed. */
export function compareManifests(before: Manifest, after: Manifest): MethodChange[] {
  const different = compareMessages(before.messages, after.messages);
  return Object.entries(before.methods).flatMap(([method, was]): MethodChange[] => {
    const now = after.methods[method];
    if (now === undefined) return [{ kind: "removed", method }];
    if (now !== was) return [{ kind: "signature", method, was, now }];
    const reachable = reachableMessages(after.messages, now);
    return [...different].filter(([message]) => reachable.has(message))
      .map(([message, text]) => ({ kind: "message", method, message, text }));
  });
}

/** What is different in each message that both have. */
function compareMessages(before: Messages, after: Messages): Map<string, string> {
  const different = new Map<string, string>();
  for (const [name, fields] of Object.entries(before)) {
    if (!Object.hasOwn(after, name)) continue;
    const now = after[name];
    const parts: string[] = [];
    // A field may be called `constructor`, which every object has.
    for (const [field, type] of Object.entries(fields)) {
      if (!Object.hasOwn(now, field)) parts.push(`${field} is gone`);
      else if (now[field] !== type) parts.push(`${field} was ${type} and is now ${now[field]}`);
    }
    const added = Object.keys(now).filter((field) => !Object.hasOwn(fields, field));
    if (added.length > 0) parts.push(`${added.join(", ")} ${added.length > 1 ? "are" : "is"} new`);
    if (parts.length > 0) different.set(name, parts.join("; "));
  }
  return different;
}

/** The messages that a definition names, and all inside them. */
function reachableMessages(messages: Messages, definition: string): Set<string> {
  const found = new Set<string>();
  const left = namesIn(definition);
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    const fields = messages[name];
    if (fields === undefined || found.has(name)) continue;
    found.add(name);
    for (const type of Object.values(fields)) left.push(...namesIn(type));
  }
  return found;
}

function namesIn(text: string): string[] {
  return text.match(/[\w.]+/g) ?? [];
}

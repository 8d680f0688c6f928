import type { Manifest } from "./manifest.ts";

/** A method that is not what it was. */
export interface MethodChange {
  /** `pkg.Service/Method`. */
  readonly method: string;
  readonly kind: "removed" | "signature" | "message";
  /** What is different, as the end of a sentence about the method. */
  readonly text: string;
}

/** Messages by name, each with the types of its fields. */
type Messages = Manifest["messages"];

/** Finds the methods of an earlier run that are gone, are of another kind or type, or whose messages have changed. */
export function compareManifests(before: Manifest, after: Manifest): MethodChange[] {
  const changes: MethodChange[] = [];
  const different = compareMessages(before.messages, after.messages);
  for (const [method, definition] of Object.entries(before.methods)) {
    const now = after.methods[method];
    if (now === undefined) {
      changes.push({ method, kind: "removed", text: "is no longer in the proto" });
    } else if (now !== definition) {
      changes.push({ method, kind: "signature", text: `was "${definition}" and is now "${now}"` });
    } else {
      const reachable = reachableMessages(after.messages, now);
      const texts = [...different].filter(([name]) => reachable.has(name)).map(([, text]) => text);
      if (texts.length > 0) changes.push({ method, kind: "message", text: texts.join("; ") });
    }
  }
  return changes;
}

/** What is different in each message that both have. */
function compareMessages(before: Messages, after: Messages): Map<string, string> {
  const different = new Map<string, string>();
  for (const [name, fields] of Object.entries(before)) {
    const now = after[name];
    if (now === undefined) continue;
    const parts: string[] = [];
    for (const [field, type] of Object.entries(fields)) {
      if (now[field] === undefined) parts.push(`${field} is gone`);
      else if (now[field] !== type) parts.push(`${field} is now ${now[field]}, not ${type}`);
    }
    const added = Object.keys(now).filter((field) => fields[field] === undefined);
    if (added.length > 0) parts.push(`${added.join(", ")} ${added.length > 1 ? "are" : "is"} new`);
    if (parts.length > 0) different.set(name, `in ${name} ${parts.join(", ")}`);
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

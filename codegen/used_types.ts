import type { EnumShape, MessageShape, Sources } from "../schema/mod.ts";

/** The types that are written. */
export interface UsedTypes {
  readonly messages: readonly MessageShape[];
  readonly enums: readonly EnumShape[];
}

/**
 * Lists all types but those well-known ones that nothing refers to: their files come along whole.
 *
 * @returns in the order of the files
 */
export function listUsedTypes({ schema, messages }: Sources): UsedTypes {
  const used = new Set<string>();
  const enums = new Map<string, EnumShape>();
  const visit = (message: MessageShape): void => {
    if (used.has(message.fullName)) return;
    used.add(message.fullName);
    // The shapes of methods leave extension fields out; those of `messages` do not.
    for (const { type } of messages.get(message.fullName)?.fields ?? message.fields) {
      if (type.kind === "message") visit(type.message);
      if (type.kind === "enum") enums.set(type.enum.fullName, type.enum);
    }
  };
  for (const method of schema.services.flatMap((service) => service.methods)) {
    visit(method.request);
    visit(method.response);
  }
  for (const message of messages.values()) {
    if (!message.fullName.startsWith("google.protobuf.")) visit(message);
  }
  return {
    messages: [...messages.values()].filter(({ fullName }) => used.has(fullName)),
    enums: [...enums.values()],
  };
}

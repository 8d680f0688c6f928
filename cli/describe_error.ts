import { formatStack } from "./describe_failure.ts";
import type { Talk } from "./talk.ts";

/** What was thrown, for a sentence. */
export function describeError(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === "string" ? error : Deno.inspect(error);
}

/** Where an error was thrown, for who asked with `--verbose`. */
export function printStack(talk: Talk, error: unknown): void {
  if (talk.isVerbose && error instanceof Error) talk.print(formatStack(error));
}

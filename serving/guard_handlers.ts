import type { Talk } from "../cli/mod.ts";
import { describeError, printStack } from "../cli/describe_error.ts";

/** Keeps the server up when code of a handlers module fails outside of any call, until what is returned is called. */
export function guardHandlers(talk: Talk): () => void {
  const tell = (event: Event, error: unknown) => {
    event.preventDefault();
    talk.fail(`An error outside of any call was not caught: ${describeError(error)}`);
    printStack(talk, error);
  };
  const onRejection = (event: PromiseRejectionEvent) => tell(event, event.reason);
  const onError = (event: ErrorEvent) => tell(event, event.error);
  globalThis.addEventListener("unhandledrejection", onRejection);
  globalThis.addEventListener("error", onError);
  return () => {
    globalThis.removeEventListener("unhandledrejection", onRejection);
    globalThis.removeEventListener("error", onError);
  };
}

/**
 * Sees each message that passes one way: returns another one to put in its place, nothing to let it pass, or throws to
 * refuse it, which ends the call.
 *
 * It is not waited for: a message must not cost a promise. What takes time belongs before `next()`.
 */
// deno-lint-ignore no-explicit-any -- the types of a service's messages come from its generated interface
export type MessageHook = (message: any) => unknown;

/** Carries what a hook threw through a codec, so that it is not taken for the codec's own failure. */
export class HookFailure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** A decoder whose messages pass some hooks, in this order. */
export function hookDecoder<Message>(
  decode: (octets: Uint8Array) => Message,
  hooks: readonly MessageHook[],
): (octets: Uint8Array) => Message {
  return (octets) => hooks.reduce(applyHook, decode(octets));
}

/** An encoder whose messages pass some hooks first, in this order. */
export function hookEncoder<Message>(
  encode: (message: Message) => Uint8Array,
  hooks: readonly MessageHook[],
): (message: Message) => Uint8Array {
  return (message) => encode(hooks.reduce(applyHook, message));
}

function applyHook<Message>(message: Message, hook: MessageHook): Message {
  let changed: unknown;
  try {
    changed = hook(message);
    if (changed instanceof Promise) {
      // Nobody waits for it, nor for its failure.
      changed.catch(() => {});
      throw new TypeError(
        "Cannot pass a message on: its hook returned a promise, but hooks are not waited for",
      );
    }
  } catch (error) {
    throw new HookFailure(error);
  }
  // The hook says so by its type: it gives a message of the same kind, or nothing.
  return changed === undefined ? message : changed as Message;
}

/** Collects the hooks of one call, in the order of its interceptors, until it starts. */
export class HookCollector {
  readonly #requests: MessageHook[] = [];
  readonly #responses: MessageHook[] = [];
  #isSealed = false;

  onRequest(hook: MessageHook): void {
    this.#check();
    this.#requests.push(hook);
  }

  onResponse(hook: MessageHook): void {
    this.#check();
    // Answers come from the inside.
    this.#responses.unshift(hook);
  }

  /** Ends the collecting; both lists are in the order in which messages pass them. */
  seal(): {
    readonly requests: readonly MessageHook[];
    readonly responses: readonly MessageHook[];
  } {
    this.#isSealed = true;
    return { requests: this.#requests, responses: this.#responses };
  }

  #check(): void {
    if (!this.#isSealed) return;
    throw new Error("Cannot add a hook: messages flow already; add it before next()");
  }
}

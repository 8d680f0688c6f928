/** Octets of all uploads together that may be ahead of the server. */
export const MAX_AHEAD_OCTETS = 64 * 1024 * 1024;
/** An upload of which nothing comes and nothing is taken for so long is given up, in ms. */
const STALL_MS = 60_000;

/** The octets that uploads hold together. */
export interface UploadBudget {
  octets: number;
}

/**
 * The chunks of an upload, read ahead of who takes them.
 *
 * Browsers read no answer over HTTP/1.1 before they have sent all of their request (seen with Chromium 156), so that an
 * upload which waits for its answers to be read would wait for ever. What comes is kept therefore, up to the budget;
 * beyond it the upload waits after all, which does not hurt clients that read as they write.
 */
export async function* readAhead(
  body: ReadableStream<Uint8Array>,
  budget: UploadBudget,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const held: Uint8Array[] = [];
  let end: { readonly error?: unknown } | undefined;
  let changed = Promise.withResolvers<void>();
  const tell = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const onAbort = () => {
    end = { error: signal.reason };
    tell();
  };
  signal.addEventListener("abort", onAbort);
  const reader = body.getReader();
  const pump = async () => {
    while (end === undefined) {
      // One chunk is always let in: others' uploads alone must not hold this one up.
      if (budget.octets >= MAX_AHEAD_OCTETS && held.length > 0) {
        await changed.promise;
        continue;
      }
      const { done, value } = await reader.read();
      if (done) end ??= {};
      else {
        held.push(value);
        budget.octets += value.length;
      }
      tell();
    }
  };
  pump().catch((error) => {
    end ??= { error };
    tell();
  });
  try {
    for (;;) {
      const chunk = held.shift();
      if (chunk !== undefined) {
        budget.octets -= chunk.length;
        tell();
        yield chunk;
      } else if (end !== undefined) {
        if (end.error !== undefined) throw end.error;
        return;
      } else {
        await untilChanged(changed.promise);
      }
    }
  } finally {
    end ??= {};
    for (const { length } of held.splice(0)) budget.octets -= length;
    tell();
    signal.removeEventListener("abort", onAbort);
    reader.cancel().catch(() => {});
  }
}

async function untilChanged(changed: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expired = new Promise<never>((_, reject) => {
    const error = new Error(`Nothing came for ${STALL_MS / 1000} s`);
    timer = setTimeout(() => reject(error), STALL_MS);
  });
  try {
    await Promise.race([changed, expired]);
  } finally {
    clearTimeout(timer);
  }
}

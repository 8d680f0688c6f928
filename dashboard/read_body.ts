import { HttpError } from "./http_error.ts";

/** How a body is read. */
export interface ReadBodyOptions {
  readonly maxOctets: number;
  readonly timeoutMs: number;
  /** Ends it when the page closes. */
  readonly stop: AbortSignal;
}

/** Reads a body as text. @throws HttpError 413 for a larger one, 408 for a slow one, 400 for what is no UTF-8 */
export async function readBody(
  request: Request,
  { maxOctets, timeoutMs, stop }: ReadBodyOptions,
): Promise<string> {
  const tooLarge = () =>
    new HttpError(413, `The body is larger than ${maxOctets} octets, which is the limit`);
  if (Number(request.headers.get("content-length") ?? 0) > maxOctets) throw tooLarge();
  if (request.body === null) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = request.body.getReader();
  const giveUp = () => void reader.cancel().catch(() => {});
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    giveUp();
  }, timeoutMs);
  stop.addEventListener("abort", giveUp);
  let text = "";
  let octets = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      octets += value.length;
      if (octets > maxOctets) throw tooLarge();
      text += decoder.decode(value, { stream: true });
    }
    text += decoder.decode();
  } catch (cause) {
    if (cause instanceof HttpError) throw cause;
    if (!isLate) {
      throw new HttpError(400, "Cannot read the body: it is not UTF-8, or was cut off", { cause });
    }
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", giveUp);
    giveUp();
  }
  if (!isLate) return text;
  throw new HttpError(408, `The body did not come within ${timeoutMs / 1000} s: send it again`);
}

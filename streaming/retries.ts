import { Backoff, type BackoffOptions } from "../rpc/backoff.ts";
import { type CallStatus, Status } from "../rpc/mod.ts";

/** Waits before a call is made anew. The first is short: most servers that restart are back soon. */
export const RETRY_BACKOFF: BackoffOptions = {
  initialMs: 500,
  factor: 1.6,
  jitter: 0.2,
  maxMs: 30_000,
};

/** How often a call that failed is made anew. */
export interface RetryOptions {
  /** Failures in a row without an answer between them, at most; 0 for none. */
  readonly limit: number;
  /** Default `RETRY_BACKOFF`. */
  readonly backoff?: BackoffOptions | undefined;
  /** Told of each wait. */
  readonly onRetry?: ((wait: RetryWait) => void) | undefined;
}

/** A wait before a call is made anew. */
export interface RetryWait {
  readonly status: CallStatus;
  readonly waitMs: number;
  /** 1 for the first failure since the last answer. */
  readonly attempt: number;
}

/**
 * True for the one status that says of itself that trying again may help, and with which lost connections, servers that
 * shut down and HTTP 429, 502, 503 and 504 arrive here. A server may have worked on the rows that are sent again.
 */
export function isRetryable({ code }: { readonly code: number }): boolean {
  return code === Status.UNAVAILABLE;
}

/** Counts failures in a row. */
export class Retries {
  readonly #options: RetryOptions;
  readonly #backoff: Backoff;
  #attempt = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff ?? RETRY_BACKOFF);
  }

  /** An answer has come: failures are counted from the start. */
  progress(): void {
    if (this.#attempt === 0) return;
    this.#attempt = 0;
    this.#backoff.reset();
  }

  /** Whether a call that ended like this may be made anew at all. */
  isRetryable(status: CallStatus): boolean {
    return this.#options.limit > 0 && isRetryable(status);
  }

  /** Whether a call that ended like this is made anew. */
  isWorthwhile(status: CallStatus): boolean {
    return isRetryable(status) && this.#attempt < this.#options.limit;
  }

  /** How long to wait before the next try, in ms; undefined if there is to be none. */
  next(status: CallStatus): number | undefined {
    if (!this.isWorthwhile(status)) return undefined;
    this.#attempt++;
    const waitMs = this.#backoff.next();
    this.#options.onRetry?.({ status, waitMs, attempt: this.#attempt });
    return waitMs;
  }
}

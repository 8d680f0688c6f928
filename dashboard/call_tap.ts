import type { LiveCall } from "../rpc/mod.ts";
import { sampleMessage } from "./sample_message.ts";
import type { PlainJson, Sample } from "./server_watch.ts";

/** What all calls of a method may still look at in this tick. */
export interface Quota {
  requests: number;
  responses: number;
}

/** Requests that may wait for their answers. */
const MAX_WANTED = 1000;
/** A stream whose answers are so far behind, in ms, does not answer each request: its two sides are shown apart. */
const MAX_BEHIND_MS = 1000;

/** A sample while it is put together. */
interface Draft {
  readonly index: number;
  readonly atMs: number;
  readonly request?: PlainJson;
  response?: PlainJson;
  /** Handed out without its answer. */
  isTaken: boolean;
}

/**
 * Looks at the messages of one call: at requests as they come, and at the answers of the same numbers; where answers
 * have no numbers in common with requests, at both by themselves.
 */
export class CallTap {
  readonly #call: LiveCall;
  readonly #number: number;
  readonly #quota: Quota;
  /** What each side may look at until the next `look()`. */
  #share = 0;
  #responseShare = 0;
  #isAnswered: boolean;
  /** Drafts whose answer has not passed, in the order of their numbers. */
  #wanted: Draft[] = [];
  /** To be handed out. */
  #drafts: Draft[] = [];
  #looksAtRequests = false;
  #looksAtResponses = false;

  /** @param options.isAnswered whether each request has one answer, or may be thought to */
  constructor(
    call: LiveCall,
    options: { readonly number: number; readonly quota: Quota; readonly isAnswered: boolean },
  ) {
    this.#call = call;
    this.#number = options.number;
    this.#quota = options.quota;
    this.#isAnswered = options.isAnswered;
  }

  /** Goes on looking, at `share` messages of each side. */
  look(share: number): void {
    this.#share = share;
    this.#responseShare = share;
    this.#checkAnswers();
    if (!this.#looksAtRequests) {
      this.#looksAtRequests = true;
      this.#call.peekRequests((index, read) =>
        this.#looksAtRequests = this.#seeRequest(index, read)
      );
    }
    if (!this.#isAnswered) this.#lookAtResponses();
  }

  /** Looks no more. */
  release(): void {
    this.#call.peekRequests(undefined);
    this.#call.peekResponses(undefined);
  }

  /** What is to be handed out: the whole ones, and those that began before a moment. */
  take(beforeMs: number): Sample[] {
    const taken: Draft[] = [];
    const kept: Draft[] = [];
    for (const draft of this.#drafts) {
      const isWhole = draft.response !== undefined || !this.#isAnswered;
      (isWhole || draft.atMs < beforeMs ? taken : kept).push(draft);
    }
    this.#drafts = kept;
    return taken.map((draft) => {
      draft.isTaken = true;
      const { index, atMs, request, response } = draft;
      return {
        call: this.#number,
        index,
        atMs,
        ...(request === undefined ? {} : { request }),
        ...(response === undefined ? {} : { response }),
      };
    });
  }

  #seeRequest(index: number, read: () => unknown): boolean {
    if (this.#share <= 0 || this.#quota.requests <= 0) return false;
    if (this.#isAnswered && this.#wanted.length >= MAX_WANTED) return false;
    this.#share--;
    this.#quota.requests--;
    const draft: Draft = {
      index,
      atMs: Date.now(),
      request: show(read),
      isTaken: false,
    };
    this.#drafts.push(draft);
    if (this.#isAnswered && this.#call.sent <= index) {
      this.#wanted.push(draft);
      this.#lookAtResponses();
    }
    return true;
  }

  #lookAtResponses(): void {
    if (this.#looksAtResponses) return;
    this.#looksAtResponses = true;
    this.#call.peekResponses((index, read) =>
      this.#looksAtResponses = this.#isAnswered
        ? this.#seeAnswer(index, read)
        : this.#seeResponse(index, read)
    );
  }

  /** An answer, which is of interest if its request was. */
  #seeAnswer(index: number, read: () => unknown): boolean {
    const [draft] = this.#wanted;
    if (draft === undefined) return false;
    if (draft.index > index) return true;
    this.#wanted.shift();
    if (draft.index === index) {
      const response = show(read);
      if (!draft.isTaken) draft.response = response;
      else this.#drafts.push({ index, atMs: Date.now(), response, isTaken: false });
      this.#quota.responses--;
    }
    return this.#wanted.length > 0;
  }

  #seeResponse(index: number, read: () => unknown): boolean {
    if (this.#responseShare <= 0 || this.#quota.responses <= 0) return false;
    this.#responseShare--;
    this.#quota.responses--;
    const response = show(read);
    this.#drafts.push({ index, atMs: Date.now(), response, isTaken: false });
    return true;
  }

  /** Finds out that answers are not those of the requests: both sides move on, and the answer is far behind. */
  #checkAnswers(): void {
    const [oldest] = this.#wanted;
    if (!this.#isAnswered || oldest === undefined) return;
    if (this.#wanted.length < MAX_WANTED && Date.now() - oldest.atMs < MAX_BEHIND_MS) return;
    if (this.#call.sent === 0) return;
    this.#isAnswered = false;
    this.#wanted = [];
  }
}

/** What cannot be read is shown as that: whoever looks must not harm the call. */
function show(read: () => unknown): PlainJson {
  try {
    return sampleMessage(read());
  } catch {
    return "(cannot be shown)";
  }
}

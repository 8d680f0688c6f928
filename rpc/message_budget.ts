/** A message up to this size, in octets, is free: it fits the window that every stream has anyway. */
const FREE_OCTETS = 65_535;

/** Who takes from a budget: one message at a time. */
export interface Borrower {
  /** The octets are there, at once or once others have given theirs back. */
  granted(): void;
}

/**
 * What the unfinished messages of one connection may hold together. A message that does not fit waits, with its
 * stream's window closed, until others have come in full, so that a client with many large messages is slowed down
 * and not refused.
 *
 * What is lent is lent for a whole message, and in the order in which it was asked for: every message that was let in
 * can come to its end. One that is larger than the budget is let in alone.
 */
export class MessageBudget {
  readonly #octets: number;
  #lentOctets = 0;
  readonly #lent = new Map<Borrower, number>();
  readonly #waiting = new Map<Borrower, number>();

  constructor(octets: number) {
    this.#octets = octets;
  }

  /** Octets that are lent now. */
  get lentOctets(): number {
    return this.#lentOctets;
  }

  /** Asks for a message of `octets`, for which `borrower` has not asked yet; calls `granted()`, now or later. */
  take(borrower: Borrower, octets: number): void {
    if (octets <= FREE_OCTETS) return borrower.granted();
    this.#waiting.set(borrower, octets);
    this.#letIn();
  }

  /** Takes back what was lent; one that still waits does so no more. */
  giveBack(borrower: Borrower): void {
    this.#lentOctets -= this.#lent.get(borrower) ?? 0;
    this.#lent.delete(borrower);
    this.#waiting.delete(borrower);
    if (this.#waiting.size > 0) this.#letIn();
  }

  #letIn(): void {
    for (const [borrower, octets] of this.#waiting) {
      if (this.#lentOctets > 0 && this.#lentOctets + octets > this.#octets) return;
      this.#waiting.delete(borrower);
      this.#lent.set(borrower, octets);
      this.#lentOctets += octets;
      borrower.granted();
    }
  }
}

import { HttpError } from "./http_error.ts";

/** A number of places that are taken and given back. */
export class Places {
  readonly #limit: number;
  readonly #what: string;
  #taken = 0;

  /** @param what is had in a place, for the sentence: `calls from the page` */
  constructor(limit: number, what: string) {
    this.#limit = limit;
    this.#what = what;
  }

  /** Takes one; what is returned gives it back, once. @throws HttpError 429 if none is free */
  take(): () => void {
    if (this.#taken >= this.#limit) {
      throw new HttpError(
        429,
        `There are ${this.#limit} ${this.#what} already, which is the limit: wait until one ends`,
        { headers: { "retry-after": "5" } },
      );
    }
    this.#taken++;
    let isHeld = true;
    return () => {
      if (isHeld) this.#taken--;
      isHeld = false;
    };
  }
}

import type { Dice } from "./dice.ts";

/** What the inputs of a run came to, counted: shows that they got past the first check. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  get(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  /** How many different things were counted whose names begin so. */
  kinds(prefix: string): number {
    return [...this.counts.keys()].filter((what) => what.startsWith(prefix)).length;
  }
}

/** One part of the program that reads what others wrote. */
export interface FuzzLayer {
  readonly name: string;
  /** Cases of a hundred. */
  readonly share: number;
  /** Makes one input of the dice and feeds it. @throws whatever is not to happen */
  run(dice: Dice, tally: Tally): void | Promise<void>;
  /** Called now and then: nothing of the cases so far may be left. */
  check?(): void;
}

import type { CallStatus } from "../rpc/mod.ts";
import { TabularError } from "../tabular/mod.ts";

/** The counts of a run, and what has ended it. */
export class RunProgress {
  read = 0;
  sent = 0;
  answered = 0;
  answers = 0;
  rejected = 0;
  refused = 0;
  resent = 0;
  surplus = 0;
  strays = { count: 0, firstId: "" };
  inputEnded = false;
  /** Whether a row was read that is not sent: the input is not at its end. */
  hasUnsent = false;
  inputError: unknown;
  /** The first row whose own call ended the run. */
  failedRow:
    | { readonly rowNumber: number; readonly status: CallStatus; readonly line: number }
    | undefined;
  lanesOver = 0;
  /** How the first lane ended that ended early. */
  laneStatus: CallStatus | undefined;

  /** Ends the run if more rows were rejected than may be. */
  checkErrors(maxErrors = Infinity): void {
    if (this.rejected <= maxErrors) return;
    this.inputError = new TabularError(
      `Stopped after ${this.rejected} rejected rows: --max-errors allows ${maxErrors}`,
    );
  }
}

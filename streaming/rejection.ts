import { statusName } from "../rpc/mod.ts";
import type { RowError } from "../tabular/mod.ts";
import { firstRecord, type Row } from "./row.ts";

/** A row that was left out, or whose call failed. */
export interface Rejection {
  readonly row: Row;
  /** One sentence, with the place. */
  readonly message: string;
  /** What is wrong, without the place. */
  readonly reason: string;
  /** 1-based line of the input. */
  readonly line: number;
  /** 1-based; undefined if the row as a whole is wrong. */
  readonly column?: number | undefined;
  /** The cell at fault. */
  readonly value?: string | undefined;
}

/** A row that does not fit the message. */
export function rejectionOfRow(row: Row, { message, details }: RowError): Rejection {
  const { reason, line, column, value } = details;
  return { row, message, reason, line, column, value };
}

/** A row whose own call failed. */
export function rejectionOfCall(
  row: Row,
  status: { readonly code: number; readonly message: string },
): Rejection {
  const line = firstRecord(row)?.line ?? 0;
  const text = status.message === "" ? "" : `: ${status.message}`;
  const reason = statusName(status.code) + text;
  return { row, message: `The call of line ${line} ended with ${reason}`, reason, line };
}

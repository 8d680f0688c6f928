/** What the process ends with: docs of `broker`, "Exit codes". Statuses of a call start at `STATUS_BASE`. */
export const ExitCode = {
  /** All done, every row answered. */
  DONE: 0,
  /** Runtime failure: I/O, a bad row, the connection. */
  FAILURE: 1,
  /** The command line is wrong; nothing was done. */
  USAGE: 2,
  /** Finished, but rows were rejected or left unanswered. */
  INCOMPLETE: 3,
  /** Added to the gRPC status that a call ended with, as grpcurl does. */
  STATUS_BASE: 64,
  /** A `--fail-if` threshold failed. */
  THRESHOLD: 99,
  /** SIGINT or SIGTERM, after flushing what is there: 128 + SIGINT, as shells have it. */
  INTERRUPTED: 130,
} as const satisfies Record<string, number>;

/**
 * The exit code of a call that ended with a gRPC status.
 *
 * @example
 * ```ts
 * assert.equal(exitCodeOfStatus(14), 78);
 * ```
 */
export function exitCodeOfStatus(statusCode: number): number {
  return ExitCode.STATUS_BASE + statusCode;
}

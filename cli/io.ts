/**
 * What a command sees of the process. `processIo()` makes the real one, `testIo()` one that captures.
 *
 * Nothing else of a command touches stdin, stdout, stderr, signals or the environment.
 */
export interface Io {
  /** Read at most once; touching it opens the real stdin. */
  readonly stdin: ReadableStream<Uint8Array>;
  readonly stdinIsTerminal: boolean;
  /** Data. */
  readonly stdout: OutputSink;
  /** Progress, logs, summaries, errors. Failures to write it are ignored. */
  readonly stderr: OutputSink;
  /** A variable of the environment; undefined when it is not set or may not be read. */
  env(name: string): string | undefined;
  /**
   * Aborts with an `InterruptedError` on SIGINT or SIGTERM; a second signal ends the process at once.
   *
   * Signals keep their usual effect until this is first read, so a command that has something to finish reads it early.
   */
  readonly interrupted: AbortSignal;
  /**
   * Calls back on each SIGHUP, until what is returned is called. Before and after, the signal ends the process as usual.
   */
  onHangup(listener: () => void): () => void;
}

/** A buffered output, text as UTF-8. */
export interface OutputSink {
  readonly isTerminal: boolean;
  /** True when all that was written has arrived: `flush()` has nothing to wait for. */
  readonly isIdle: boolean;
  /**
   * Queues data; it is written soon, all that queued up meanwhile in one go. Bytes are copied.
   *
   * Returns a promise only when more is waiting than the sink wants to hold: await it before writing on.
   *
   * @throws OutputClosedError once the reader has gone, CommandError after any other failure to write.
   */
  write(data: string | Uint8Array): Promise<void> | undefined;
  /**
   * Waits until all that was queued is written.
   *
   * @throws as `write()` does.
   */
  flush(): Promise<void>;
}

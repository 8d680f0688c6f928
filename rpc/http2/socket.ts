/** A connected byte stream: TCP, TLS, a Unix socket, or a pipe in a test. `Deno.Conn` is one but for `peer`. */
export interface Socket {
  /** Who is at the other end, for logs: `127.0.0.1:50312`, `unix:/run/broker.sock`. */
  readonly peer: string;
  /** Reads what is there, at least one octet; `null` at the end. Rejects once the socket is closed or broken. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes at least one octet of `bytes` and says how many; `bytes` must not change meanwhile. */
  write(bytes: Uint8Array): Promise<number>;
  /** Sends the end of our side. */
  closeWrite(): Promise<void>;
  /** Ends both sides at once; harmless when repeated. */
  close(): void;
}

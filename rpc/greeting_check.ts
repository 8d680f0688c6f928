import type { Socket } from "./http2/mod.ts";
import { TlsError } from "./tls_error.ts";

/** A TLS alert of any version: what a server that speaks TLS answers to plain text (RFC 8446 section 5.1). */
const TLS_ALERT = Uint8Array.of(0x15, 0x03);
/**
 * How an HTTP/1 answer begins. Without its head where a server takes the preface for HTTP/0.9 and answers with a page
 * alone (observed with Python 3 http.server).
 */
const HTTP1 = ["HTTP/", "<!DOCTYPE", "<!doctype", "<html", "<HTML"].map((text) =>
  new TextEncoder().encode(text)
);

/** Octets of a greeting that are quoted. */
const MAX_QUOTED = 60;

/** What a server says in place of HTTP/2; the message begins with "the server". */
export class GreetingError extends Error {
  override readonly name = "GreetingError";
}

/**
 * A socket that fails when the server's first octets are an HTTP/1 answer, a TLS alert or a line of text. Read as HTTP/2 they
 * would announce an enormous frame, which tells nobody what is wrong.
 */
export class GreetingCheck implements Socket {
  readonly peer: string;
  readonly #socket: Socket;
  #checked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.peer = socket.peer;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#checked ? this.#socket.read(into) : this.#readGreeting(into);
  }

  async #readGreeting(into: Uint8Array): Promise<number | null> {
    const octets = await this.#socket.read(into);
    this.#checked = true;
    if (octets === null) return null;
    const greeting = into.subarray(0, octets);
    if (HTTP1.some((beginning) => startsWith(greeting, beginning))) {
      throw new GreetingError("the server speaks HTTP/1, not HTTP/2, which gRPC needs");
    }
    if (startsWith(greeting, TLS_ALERT)) throw new TlsError("wants_tls");
    const line = firstLine(greeting);
    if (line !== undefined) {
      throw new GreetingError(
        `the server says ${JSON.stringify(line)}, which is not HTTP/2, as gRPC needs`,
      );
    }
    return octets;
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#socket.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#socket.closeWrite();
  }

  close(): void {
    this.#socket.close();
  }
}

/**
 * The text that servers of many other protocols (SSH, SMTP, Redis) begin with; undefined for what may be HTTP/2: the length
 * of its first frame begins with 0 or 1, as SETTINGS are short.
 */
function firstLine(greeting: Uint8Array): string | undefined {
  const [line = ""] = new TextDecoder().decode(greeting.subarray(0, MAX_QUOTED)).split(/[\r\n\0]/);
  return /^[\x20-\x7e]{2}/.test(line) ? line.replace(/[^\x20-\x7e]/g, "?") : undefined;
}

function startsWith(octets: Uint8Array, beginning: Uint8Array): boolean {
  return octets.length >= beginning.length && beginning.every((octet, at) => octets[at] === octet);
}

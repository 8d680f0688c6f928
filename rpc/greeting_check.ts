import type { Socket } from "./http2/mod.ts";

const HTTP1 = new TextEncoder().encode("HTTP/");

/**
 * A socket that fails when the server's first octets are an HTTP/1 answer. Read as HTTP/2 they would announce an enormous
 * frame, which tells nobody what is wrong.
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
    if (
      octets !== null && octets >= HTTP1.length && HTTP1.every((octet, at) => into[at] === octet)
    ) {
      throw new Error("the server speaks HTTP/1, not HTTP/2");
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

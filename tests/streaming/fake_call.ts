import { Metadata, RpcError, Status } from "../../rpc/mod.ts";
import type { RowCall } from "../../streaming/mod.ts";
import type { Message } from "../../tabular/mod.ts";

/** A call without a server: a test sees what is sent, and says what comes back. */
export class FakeCall implements RowCall {
  readonly sent: Message[] = [];
  /** How often answers were asked for. */
  reads = 0;
  isEnded = false;
  isDone = false;
  /** Whether there is a connection for the call. */
  isStarted = true;
  cancelledWith: string | undefined;
  /** Told of each message that is sent; false asks the sender to wait for `makeRoom()`. */
  onSend: (message: Message) => boolean = () => true;
  onEnd: () => void = () => {};

  readonly #status = Promise.withResolvers<Awaited<RowCall["status"]>>();
  readonly status = this.#status.promise;
  #answers: Message[] = [];
  #failure: Error | undefined;
  #wakeReader = () => {};
  #room = Promise.withResolvers<void>();

  readonly responses = {
    nextBatch: async (limit: number): Promise<Message[]> => {
      this.reads++;
      while (this.#answers.length === 0 && this.#failure === undefined && !this.isDone) {
        await new Promise<void>((resolve) => this.#wakeReader = resolve);
      }
      if (this.#answers.length > 0) return this.#answers.splice(0, limit);
      if (this.#failure !== undefined) throw this.#failure;
      return [];
    },
  };

  // What the code under test does.

  send(message: Message): boolean {
    if (this.isDone) return true;
    this.sent.push(message);
    return this.onSend(message);
  }

  ready(): Promise<void> {
    return this.#room.promise;
  }

  end(): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.onEnd();
  }

  cancel(message = "The call was cancelled"): void {
    if (this.isDone) return;
    this.cancelledWith = message;
    this.#answers = [];
    this.finish(Status.CANCELLED, message);
  }

  // What a server does.

  answer(...messages: Message[]): void {
    this.#answers.push(...messages);
    this.#wakeReader();
  }

  /** Ends the call; answers that were given before are still read. */
  finish(code: number = Status.OK, message = ""): void {
    if (this.isDone) return;
    if (code !== Status.OK) this.#failure = new RpcError(code, message);
    this.isDone = true;
    this.#status.resolve({ code, message, trailers: new Metadata() });
    this.#wakeReader();
    this.makeRoom();
  }

  /** An answer comes that cannot be read; the call itself goes on. */
  failRead(error: Error): void {
    this.#failure = error;
    this.#wakeReader();
  }

  makeRoom(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }
}

import type {
  CloseCause,
  HeaderField,
  Http2Stream,
  ResponseHead,
  StreamListener,
} from "../rpc/http2/mod.ts";
import { type AnswerCycle, AnswerFollower } from "./answer_cycle.ts";
import type { LoadConnection } from "./load_connection.ts";

/** One stream of the load generator: compares answers with the cycle, or collects them where there is none yet. */
export class LoadStream implements StreamListener {
  readonly #stream: Http2Stream;
  readonly #follower: AnswerFollower | undefined;
  readonly #pieces: Uint8Array[] = [];
  readonly #ended = Promise.withResolvers<void>();
  #status: string | undefined;
  #fault: unknown;
  #isFinishing = false;
  #wake = () => {};

  constructor(connection: LoadConnection, path: string, cycle?: AnswerCycle) {
    this.#follower = cycle === undefined ? undefined : new AnswerFollower(cycle);
    this.#stream = connection.openStream(path, this);
  }

  /** Answers that have come and are right; only with a cycle. */
  get answered(): number {
    return this.#follower?.answered ?? 0;
  }

  send(bytes: Uint8Array): void {
    this.#stream.output.append(bytes);
    this.#stream.flush();
  }

  /** Settles when more answers have come. @throws Error if a wrong one came, or none can come any more */
  async more(): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault;
    await new Promise<void>((resolve) => this.#wake = resolve);
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Ends our side, and waits for the server's. @throws Error unless it ends with status 0 */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    this.#stream.end();
    await this.#ended.promise;
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** All answers of a stream without a cycle, with their prefixes. */
  collected(): Uint8Array {
    if (this.#pieces.length === 1) return this.#pieces[0];
    const all = new Uint8Array(this.#pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  head({ fields }: ResponseHead): void {
    this.#readStatus(fields);
  }

  data(chunk: Uint8Array): void {
    if (this.#follower === undefined) this.#pieces.push(chunk.slice());
    else {
      try {
        this.#follower.take(chunk);
      } catch (error) {
        this.#fault ??= error;
      }
    }
    this.#stream.release(chunk.length, { drained: true });
    this.#wake();
  }

  trailers(fields: readonly HeaderField[]): void {
    this.#readStatus(fields);
  }

  writable(): void {}

  closed(cause: CloseCause): void {
    if (this.#status !== "0" || !this.#isFinishing) {
      const status = this.#status ?? "none";
      this.#fault ??= new Error(`The stream ended early: ${cause.kind}, status ${status}`);
    }
    this.#ended.resolve();
    this.#wake();
  }

  #readStatus(fields: readonly HeaderField[]): void {
    this.#status ??= fields.find(({ name }) => name === "grpc-status")?.value;
  }
}

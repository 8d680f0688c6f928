import type { StartAnswering } from "./answer_each.ts";
import type { ServerCallContext } from "./handlers.ts";
import type { MessageReader } from "./message_reader.ts";
import type { MessageWriter } from "./message_writer.ts";
import type { Route } from "./route.ts";
import { RpcError, Status } from "./status.ts";
import { toAsyncIterator } from "./to_async_iterator.ts";

/** The call that a handler runs for. */
export interface RunningCall extends ServerCallContext {
  /** True once it has its status: nothing is sent any more. */
  readonly isFinished: boolean;
}

/** The run of one call's handler, of any kind: hands it what the client sends, and sends what it gives. */
export class HandlerRun {
  readonly #route: Route;
  readonly #call: RunningCall;
  readonly #reader: MessageReader<unknown>;
  readonly #writer: MessageWriter<unknown>;
  /** Of a handler that streams, while it runs. */
  #responses: AsyncIterator<unknown> | undefined;

  constructor(
    route: Route,
    options: {
      readonly call: RunningCall;
      readonly reader: MessageReader<unknown>;
      readonly writer: MessageWriter<unknown>;
    },
  ) {
    this.#route = route;
    this.#call = options.call;
    this.#reader = options.reader;
    this.#writer = options.writer;
  }

  /** Settles when the handler has returned; rejects with what it throws, or what its call ended with. */
  async start(): Promise<void> {
    const { definition, handler, startAnswering } = this.#route;
    if (startAnswering !== undefined) {
      try {
        return await this.#answerEach(startAnswering);
      } catch (error) {
        // As a generator's loop does: what still comes is not kept.
        this.#reader.return();
        throw error;
      }
    }
    const call = this.#call;
    const input = definition.requestStream ? this.#reader : await this.#onlyRequest();
    // The definition says which kind of handler it is, and so what it takes and returns.
    const output = (handler as (input: unknown, call: ServerCallContext) => unknown)(input, call);
    if (definition.responseStream) return await this.#sendAll(toAsyncIterator(output));
    const response = await output;
    if (call.isFinished) return;
    call.sendHeaders();
    this.#writer.send(response);
  }

  /** Lets a generator run its `finally`; it does so when it next yields or stops waiting. */
  stop(): void {
    const responses = this.#responses;
    this.#responses = undefined;
    // A foreign iterator may throw, or return what is no promise.
    Promise.resolve().then(() => responses?.return?.()).catch(() => {});
  }

  /** The hot path of handlers made by `answerEach()`: no promise at all while there is input, and room for output. */
  async #answerEach(start: StartAnswering<unknown, unknown>): Promise<void> {
    const call = this.#call;
    const answer = start(call);
    for (let isFirst = true;;) {
      const first = await this.#reader.next();
      if (first.done) return;
      let request: { readonly value: unknown } | undefined = first;
      while (request !== undefined && !call.isFinished) {
        const given = answer(request.value);
        const response = isThenable(given) ? await given : given;
        if (call.isFinished) return;
        if (isFirst) call.sendHeaders();
        isFirst = false;
        if (!this.#writer.send(response)) await this.#writer.ready();
        request = this.#reader.takeNow();
      }
    }
  }

  /** The hot path of streams: no promise of ours a message unless the output is full. */
  async #sendAll(responses: AsyncIterator<unknown>): Promise<void> {
    const call = this.#call;
    this.#responses = responses;
    for (let isFirst = true;; isFirst = false) {
      const step = await responses.next();
      if (step.done || call.isFinished) return;
      if (isFirst) call.sendHeaders();
      if (!this.#writer.send(step.value)) await this.#writer.ready();
    }
  }

  async #onlyRequest(): Promise<unknown> {
    const { path } = this.#call;
    const first = await this.#reader.next();
    if (first.done) {
      throw new RpcError(Status.UNIMPLEMENTED, `${path} takes one message, none came`);
    }
    const second = await this.#reader.next();
    if (!second.done) {
      throw new RpcError(Status.UNIMPLEMENTED, `${path} takes one message, more came`);
    }
    return first.value;
  }
}

/** What `await` waits for: promises of another realm or library as well, as query builders have them. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === "function";
}

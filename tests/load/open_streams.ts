import { LoadConnection } from "../../bench/load_connection.ts";
import { LoadStream } from "../../bench/load_stream.ts";
import { PREDICT, REQUEST } from "./databroker_request.ts";

/** Streams that have each had an answer and stay open; disposal ends them, each with status 0. */
export class OpenStreams implements AsyncDisposable {
  readonly #connections: LoadConnection[] = [];
  readonly #streams: LoadStream[] = [];

  /** Opens `streams` on each of `connections` connections, and waits for an answer on every one. */
  async open(
    port: number,
    { connections, streams }: { readonly connections: number; readonly streams: number },
  ): Promise<void> {
    for (let count = 0; count < connections; count++) {
      this.#connections.push(await LoadConnection.open({ port }));
    }
    await Promise.all(
      this.#connections.flatMap((connection) =>
        Array.from({ length: streams }, () => {
          const stream = new LoadStream(connection, PREDICT);
          this.#streams.push(stream);
          const answered = stream.more();
          stream.send(REQUEST);
          return answered;
        })
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#streams.map((stream) => stream.finish()));
    for (const connection of this.#connections) await connection.close();
  }
}

import { Channel, type ClientCall, type MethodDefinition } from "../../rpc/mod.ts";
import { PREDICT } from "./databroker_request.ts";

/** Octets that stand for themselves. */
const METHOD: MethodDefinition<Uint8Array, Uint8Array> = {
  path: PREDICT,
  requestStream: true,
  responseStream: true,
  requestSerialize: (octets) => octets,
  requestDeserialize: (octets) => octets,
  responseSerialize: (octets) => octets,
  responseDeserialize: (octets) => octets,
};

/** Streams that have each had an answer to one large request and wait; disposal ends them. */
export class LargeRequests implements AsyncDisposable {
  readonly #channels: Channel[] = [];
  readonly #calls: ClientCall<Uint8Array, Uint8Array>[] = [];

  /** Sends a request of `octets` on each of `streams` streams of each connection, one after the other. */
  async open(
    port: number,
    options: {
      readonly connections: number;
      readonly streams: number;
      readonly octets: number;
    },
  ): Promise<void> {
    const request = unknownField(options.octets);
    for (let count = 0; count < options.connections; count++) {
      const channel = new Channel(`127.0.0.1:${port}`);
      this.#channels.push(channel);
      for (let stream = 0; stream < options.streams; stream++) {
        const call = channel.call(METHOD);
        this.#calls.push(call);
        call.send(request);
        await call.responses.next();
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const call of this.#calls) call.cancel();
    for (const channel of this.#channels) await channel.close();
  }
}

/** A message of `octets`, below 2^28: one field that its type does not have. */
function unknownField(octets: number): Uint8Array {
  const message = new Uint8Array(octets);
  const length = octets - 5;
  // Field 15, then the length as a varint of four octets.
  message.set([15 << 3 | 2]);
  for (let at = 0; at < 4; at++) {
    message[1 + at] = length >>> 7 * at & 0x7f | (at < 3 ? 0x80 : 0);
  }
  return message;
}

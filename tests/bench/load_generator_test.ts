import assert from "node:assert/strict";
import {
  type LoadOptions,
  measureCalls,
  measureLatency,
  measureThroughput,
} from "../../bench/load_generator.ts";
import { RpcError, RpcServer, Status } from "../../rpc/mod.ts";
import { builtinSchema } from "../../schema/mod.ts";
import { withTimeout } from "../support/with_timeout.ts";

const TIMEOUT_MS = 20_000;
const [service] = (await builtinSchema()).services;
const { path, definition } = service.methods[0];

interface Measurement {
  readonly id: number;
}

type Answer = (id: number, count: number) => object;

const right: Answer = (id) => ({ id, prediction: id % 2 === 0 });

/** Loads a databroker that gives the `count`th answer of a stream, from 0, as `answer` says. */
async function load<T>(
  answer: Answer,
  measure: (options: LoadOptions) => Promise<T>,
): Promise<T> {
  const server = new RpcServer();
  server.addService(service.definition, {
    async *BidirectionalStreaming(requests: AsyncIterable<Measurement>) {
      let count = 0;
      for await (const { id } of requests) yield answer(id, count++);
    },
  });
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  assert.ok(address.kind === "tcp");
  try {
    const options = { port: address.port, path, envelope: envelopes([0, 1, 2, 3, 4]), check };
    return await withTimeout(measure(options), TIMEOUT_MS, "the load");
  } finally {
    await server.shutdown({ graceMs: 0 });
  }
}

function envelopes(ids: readonly number[]): Uint8Array {
  return new Uint8Array(ids.flatMap((id) => {
    const message = definition.requestSerialize({ id, sensor1: 1.5 });
    return [0, 0, 0, 0, message.length, ...message];
  }));
}

function check(octets: Uint8Array, index: number): void {
  assert.deepEqual(definition.responseDeserialize(octets as never), right(index, index));
}

Deno.test("Streams are measured with every answer counted", async () => {
  let answers = 0;
  const counting: Answer = (id, count) => {
    answers++;
    return right(id, count);
  };
  const perSecond = await load(
    counting,
    (options) => measureThroughput({ ...options, streams: 7 }, 700),
  );
  assert.ok(perSecond > 0);
  // Beside the cycle of five from which the right answers are learnt.
  assert.equal(answers, 5 + 700);
});

Deno.test("Round trips and unary calls are counted", async () => {
  const trips = await load(right, (options) => measureLatency(options, 23));
  assert.equal(trips.length, 23);
  assert.ok(trips.every((trip, index) => index === 0 || trip >= trips[index - 1]));
  const perSecond = await load(right, (options) => measureCalls({ ...options, streams: 4 }, 40));
  assert.ok(perSecond > 0);
});

const FAULTS: readonly {
  readonly name: string;
  readonly answer: Answer;
  readonly error: RegExp;
}[] = [{
  name: "a wrong answer to the first requests",
  answer: (id) => ({ id, prediction: true }),
  error: /strictly deep-equal/,
}, {
  name: "a wrong answer later on",
  answer: (id, count) => right(count === 77 ? id + 1 : id, count),
  error: /is not what it should be/,
}, {
  name: "a stream that fails",
  answer(id, count) {
    if (count === 77) throw new RpcError(Status.INTERNAL, "no more");
    return right(id, count);
  },
  error: /ended early: .*status 13/,
}];

for (const { name, answer, error } of FAULTS) {
  Deno.test(`The load fails for ${name}`, async () => {
    await assert.rejects(load(answer, (options) => measureThroughput(options, 100)), error);
    if (name.endsWith("fails")) return;
    await assert.rejects(load(answer, (options) => measureLatency(options, 100)), error);
  });
}

import { builtinSchema } from "../schema/mod.ts";
import type { LoadOptions } from "./load_generator.ts";
import { measureCalls, measureLatency, measureThroughput } from "./load_generator.ts";

/** What is measured of each peer. */
export interface Work {
  /** The letter that `--only` takes. */
  readonly letter: string;
  readonly title: string;
  readonly unit: "messages/s" | "calls/s" | "octets/s" | "µs" | "rows/s";
  /** How the load is made, for the report. */
  readonly load: string;
  readonly usesTls?: boolean;
  /** Has client and server stay on a core each, instead of where the scheduler puts them. */
  readonly isPlaced?: boolean;
  /** What a first, short run is made of; later ones last as long as is asked for. */
  readonly probeCount: number;
  /** Puts a server under load until `count` answers are there. */
  run(target: Pick<LoadOptions, "port" | "rootCertificate">, count: number): Promise<WorkResult>;
}

/** The value in the work's unit, and how many answers there were a second; for latencies p99 as well. */
export interface WorkResult {
  readonly value: number;
  readonly p99?: number;
  readonly perSecond: number;
}

const DATABROKER = "/bidirectional_databroker.BrokerService/BidirectionalStreaming";
const PREDICT = "/broker.bench.Bench/Predict";
const ECHO = "/broker.bench.Bench/Echo";
const STREAMS = 100;
const CALLS = 64;
const BLOCK_OCTETS = 65_536;
/** Different blocks, so that an answer from another place is seen. */
const BLOCKS = 8;
const BLOCKS_IN_FLIGHT = 32;

/** The works whose client is the load generator, as issue 9 letters them. */
export async function createWorks(): Promise<readonly Work[]> {
  const { check, measurements } = await createMeasurements();
  const stream = { path: DATABROKER, envelope: measurements(2000), check };
  const parallel = { path: DATABROKER, envelope: measurements(200), check, streams: STREAMS };
  return [
    throughputWork(stream, {
      letter: "a",
      title: "One stream of small messages",
      load: "20,000 in flight, sent 2000 at a time",
    }),
    throughputWork(parallel, {
      letter: "b",
      title: `${STREAMS} streams on one connection`,
      load: "200 in flight on each",
    }),
    latencyWork(stream, {
      letter: "c",
      title: "Round trip on an open stream",
      load:
        "One message after the answer to the last; p50, and p99. Client and server have a core each",
      isPlaced: true,
    }),
    unaryWork({ path: PREDICT, envelope: measurements(200), check, streams: CALLS }),
    echoWork(),
    throughputWork(stream, {
      letter: "f",
      title: "One stream of small messages over TLS",
      load: "As (a); certificates of `broker cert`",
      usesTls: true,
    }),
    latencyWork(stream, {
      letter: "h",
      title: "Round trip as the scheduler likes",
      load: "As (c), with client and server on any core",
    }),
  ];
}

/** A load without the server that it is put on. */
type Load = Omit<LoadOptions, "port">;

function throughputWork(
  load: Load,
  shown: Pick<Work, "letter" | "title" | "load" | "usesTls">,
): Work {
  return {
    ...shown,
    unit: "messages/s",
    probeCount: 20_000,
    async run(target, count) {
      const perSecond = await measureThroughput({ ...target, ...load }, count);
      return { value: perSecond, perSecond };
    },
  };
}

function latencyWork(
  load: Load,
  shown: Pick<Work, "letter" | "title" | "load" | "isPlaced">,
): Work {
  return {
    ...shown,
    unit: "µs",
    probeCount: 300,
    async run(target, count) {
      const trips = await measureLatency({ ...target, ...load }, count);
      const quantile = (share: number) => trips[Math.floor(trips.length * share)];
      return { value: quantile(0.5), p99: quantile(0.99), perSecond: 1e6 / quantile(0.5) };
    },
  };
}

function unaryWork(load: Load): Work {
  return {
    letter: "d",
    title: "Unary calls",
    unit: "calls/s",
    load: `${CALLS} at a time on one connection`,
    probeCount: 1000,
    async run(target, count) {
      const perSecond = await measureCalls({ ...target, ...load }, count);
      return { value: perSecond, perSecond };
    },
  };
}

function echoWork(): Work {
  const load = createEcho();
  return {
    letter: "e",
    title: "64 KiB messages, each way",
    unit: "octets/s",
    load: `${BLOCKS_IN_FLIGHT} in flight on one stream, echoed`,
    probeCount: 200,
    async run(target, count) {
      const perSecond = await measureThroughput({ ...target, ...load }, count);
      return { value: perSecond * BLOCK_OCTETS, perSecond };
    },
  };
}

/** Measurements with ids from 0 on, and the check of their answers. */
async function createMeasurements() {
  const { definition } = (await builtinSchema()).services[0].methods[0];
  const sensors = { sensor1: 47.2, sensor2: 5.9, sensor3: 99.4, sensor4: 1.6 };
  return {
    measurements: (count: number) =>
      joinEnvelopes(
        Array.from({ length: count }, (_, id) => definition.requestSerialize({ id, ...sensors })),
      ),
    check(answer: Uint8Array, index: number) {
      const { id, prediction } = definition.responseDeserialize(answer as never) as Answer;
      if (id === index && prediction === (index % 2 === 0)) return;
      throw new Error(`Measurement ${index} was answered with id ${id} and ${prediction}`);
    },
  };
}

interface Answer {
  readonly id: number;
  readonly prediction: boolean;
}

/** Blocks that are each other's likes in no octet; a `Block` with its octets is its own answer. */
function createEcho(): Load {
  const blocks = Array.from({ length: BLOCKS }, (_, block) => {
    const message = new Uint8Array(4 + BLOCK_OCTETS);
    // Field 1, a length of three octets.
    message.set([0x0a, 0x80, 0x80, 0x04]);
    for (let at = 4; at < message.length; at++) message[at] = at * (2 * block + 1) + block;
    return message;
  });
  return {
    path: ECHO,
    envelope: joinEnvelopes(blocks),
    inFlightMessages: BLOCKS_IN_FLIGHT,
    check(answer, index) {
      if (
        answer.length === blocks[index].length &&
        blocks[index].every((octet, at) => octet === answer[at])
      ) return;
      throw new Error(`Block ${index} came back as other octets, ${answer.length} of them`);
    },
  };
}

/** Messages with their five-octet prefixes, one after the other. */
function joinEnvelopes(messages: readonly Uint8Array[]): Uint8Array {
  const octets = new Uint8Array(messages.reduce((sum, { length }) => sum + 5 + length, 0));
  const view = new DataView(octets.buffer);
  let at = 0;
  for (const message of messages) {
    view.setUint32(at + 1, message.length);
    octets.set(message, at + 5);
    at += 5 + message.length;
  }
  return octets;
}

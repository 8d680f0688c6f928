import { strict as assert } from "node:assert";
import {
  Channel,
  type ClientCall,
  Metadata,
  RpcError,
  RpcServer,
  statusName,
} from "../../rpc/mod.ts";
import { createSocketPair, type MemorySocket } from "../support/memory_socket.ts";
import { concat, FRAME, PREFACE } from "../support/wire.ts";
import type { Dice } from "./dice.ts";
import { FarEnd } from "./far_end.ts";
import { ECHO, type FuzzMethod, type FuzzServices } from "./fuzz_services.ts";
import type { FuzzLayer, Tally } from "./layer.ts";
import { checkAllowance, checkFrames, codeName } from "./seen_answers.ts";
import { buildServerSession, changeSession } from "./sessions.ts";
import { settle } from "./settle.ts";
import { readMessages, readWire, toHex } from "./wire_model.ts";

const MAX_MESSAGE_OCTETS = 65_536;
/** Which of a case's calls it is. */
const INDEX_FIELD = "x-fuzz-call";
const PROBE = new TextEncoder().encode("honest");

/** Answers of a server, changed, to calls of a client: each call ends, with a status and nothing that was not sent. */
export function createClientLayer({ services, methods }: FuzzServices, share: number): FuzzLayer {
  const honest = new RpcServer({ maxMessageOctets: MAX_MESSAGE_OCTETS });
  for (const { definition, handlers } of services) honest.addService(definition, handlers);
  const check = () => {
    assert.deepEqual(honest.stats, { connections: 0, streams: 0, running: 0 });
  };

  async function run(dice: Dice, tally: Tally): Promise<void> {
    const [ours, theirs] = createSocketPair();
    if (dice.chance(10)) ours.maxWriteOctets = 1 + dice.below(40);
    const connectAgain = dice.chance(80) ? () => serveHonestly(honest) : refuse;
    const channel = createChannel(ours, connectAgain);
    const called = Array.from({ length: 1 + dice.below(3) }, () => dice.pick(methods));
    const calls = called.map((method, index) => new WatchedCall(channel, { method, index, dice }));
    const end = new FarEnd(theirs, PREFACE.length);
    const sent = changeSession(dice, buildServerSession(dice, called));
    const [greeting, ...answers] = sent;
    await end.sendInPieces(dice, greeting);
    if (dice.chance(5)) dice.pick(calls).cancel();
    await end.sendInPieces(dice, concat(answers));
    await end.hangUp(dice);
    // Those that were moved to the honest server would rightly wait.
    for (const call of calls) call.end();
    await settle();
    const wire = readWire(concat(sent));
    for (const [index, call] of calls.entries()) {
      call.judge(wire.bodies.get(findStreamId(end, index)), tally);
    }
    judgeFrames(end, tally);
    checkAllowance(end.frames, wire.allowance);
    await probe(channel, tally);
    channel.close();
    await settle();
    check();
  }

  return { name: "client", share, run, check };
}

/** The first connection is the fuzzer's; what is made after it is not. */
function createChannel(first: MemorySocket, connectAgain: () => Promise<MemorySocket>): Channel {
  let isFirst = true;
  return new Channel("fuzz:1", {
    maxMessageOctets: MAX_MESSAGE_OCTETS,
    backoff: { initialMs: 0, factor: 1, jitter: 0, maxMs: 0 },
    connect: () => {
      if (!isFirst) return connectAgain();
      isFirst = false;
      return Promise.resolve(first);
    },
  });
}

function serveHonestly(server: RpcServer): Promise<MemorySocket> {
  const [ours, theirs] = createSocketPair();
  server.serve(theirs);
  return Promise.resolve(ours);
}

function refuse(): Promise<never> {
  return Promise.reject(new Deno.errors.ConnectionRefused("Connection refused"));
}

/** The stream that a call has got: one that ends before it begins has none. */
function findStreamId(end: FarEnd, index: number): number {
  const isHead = ({ name, value }: { name: string; value: string }) =>
    name === INDEX_FIELD && value === String(index);
  return end.frames.find(({ fields }) => fields?.some(isHead))?.streamId ?? 0;
}

function judgeFrames(end: FarEnd, tally: Tally): void {
  assert.equal(end.error, undefined);
  const { goAwayCode } = checkFrames(end.frames);
  if (goAwayCode !== undefined) tally.add(`client: GOAWAY ${codeName(goAwayCode)}`);
  if (end.all(FRAME.HEADERS).length > 0) tally.add("client: sent a call");
}

/** After all that, the channel makes a call to a server that means well. */
async function probe(channel: Channel, tally: Tally): Promise<void> {
  let outcome = "hangs";
  channel.unary(ECHO.Unary, PROBE).then((answer) => {
    assert.equal(toHex(answer as Uint8Array), toHex(PROBE));
    outcome = "OK";
  }).catch((error) => {
    outcome = error instanceof RpcError ? statusName(error.code) : String(error);
  });
  await settle();
  assert.match(outcome, /^(?:OK|UNAVAILABLE)$/, "a further call is answered or cannot connect");
  tally.add(`client: further call ${outcome}`);
}

/** A call whose end is waited for, with all that it delivered. */
class WatchedCall {
  readonly #call: ClientCall<unknown, unknown>;
  readonly #method: FuzzMethod;
  readonly #requests: Uint8Array[];
  readonly #answers: unknown[] = [];
  readonly #ends: { status?: { code: number; message: string }; error?: unknown; done?: true } = {};
  #metadata: Metadata[] = [];

  constructor(channel: Channel, options: { method: FuzzMethod; index: number; dice: Dice }) {
    const { method, index, dice } = options;
    this.#method = method;
    const { definition } = method;
    this.#requests = Array.from(
      { length: definition.requestStream ? dice.below(4) : 1 },
      () => dice.octets(20),
    );
    const asOctets = { ...definition, requestSerialize: (octets: unknown) => octets as Uint8Array };
    this.#call = channel.call(asOctets, {
      metadata: Metadata.of({ [INDEX_FIELD]: String(index) }),
      ...(dice.chance(10) ? { compression: "gzip" } : {}),
      ...(dice.chance(5) ? { timeoutMs: dice.pick([0, 1, 1000]) } : {}),
    });
    for (const request of this.#requests) this.#call.send(request);
    if (dice.chance(90)) this.#call.end();
    this.#follow();
  }

  end(): void {
    this.#call.end();
  }

  cancel(): void {
    this.#call.cancel();
  }

  #follow(): void {
    const { status, headers, responses } = this.#call;
    headers.then((metadata) => this.#metadata.push(metadata));
    status.then((status) => {
      this.#ends.status = status;
      this.#metadata.push(status.trailers);
    });
    const read = async () => {
      for await (const answer of responses) this.#answers.push(answer);
      this.#ends.done = true;
    };
    read().catch((error) => this.#ends.error = error);
  }

  /** Everything has an end of the right kind; `body` is what the server sent on the call's stream. */
  judge(body: Uint8Array | undefined, tally: Tally): void {
    const { status, error, done } = this.#ends;
    assert.ok(status !== undefined, `the call of ${this.#method.definition.path} hangs`);
    assert.ok(Number.isInteger(status.code) && status.code >= 0 && status.code <= 16);
    assert.equal(typeof status.message, "string");
    assert.ok(error !== undefined || done, "the answers end");
    if (error !== undefined) assert.ok(error instanceof RpcError, `${error}`);
    else assert.equal(status.code, 0, "answers that end without an error are of a call that is OK");
    for (const metadata of this.#metadata) checkMetadata(metadata);
    tally.add(`client: status ${statusName(status.code)}`);
    if (this.#answers.length > 0) tally.add("client: delivered an answer");
    if (status.code === 0 && done && this.#method.isEcho) this.#checkAnswers(body);
  }

  /** What is delivered is what was sent, by the fuzzer or by the honest server that the call was moved to. */
  #checkAnswers(body: Uint8Array | undefined): void {
    const answers = this.#answers.map((octets) => toHex(octets as Uint8Array));
    const echoed = this.#requests.map(toHex);
    const sent = readMessages(body);
    const isEcho = answers.join() === echoed.join();
    if (!isEcho) assert.deepEqual(answers, sent);
  }
}

/** Metadata as a user may rely on it, whatever came. */
function checkMetadata(metadata: Metadata): void {
  assert.ok(metadata instanceof Metadata);
  for (const [name, value] of metadata) {
    assert.match(name, /^[!#$%&'*+\-.^_`|~0-9a-z]+$/);
    assert.ok(!name.startsWith("grpc-"), `${name} is the protocol's own`);
    if (name.endsWith("-bin")) assert.ok(value instanceof Uint8Array, `${name} is octets`);
    else assert.match(value as string, /^[^\0\r\n\u0100-\uffff]*$/);
  }
  assert.deepEqual([...metadata.clone()], [...metadata]);
  for (const view of [metadata.getMap(), metadata.toJSON(), metadata.toHttp2Headers()]) {
    const keys = new Set([...metadata].map(([name]) => name));
    assert.deepEqual(new Set(Object.keys(view)), keys, "every view has every key");
  }
}

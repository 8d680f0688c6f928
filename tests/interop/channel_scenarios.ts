/**
 * The scenarios of tests/peers, made with our `Channel`: what the clients of others check against our server, ours
 * checks against theirs. Each throws on the first mismatch.
 *
 * @module
 */
import { strict as assert } from "node:assert";
import { startSending } from "../../rpc/call_kinds.ts";
import { Channel, type ChannelOptions } from "../../rpc/channel.ts";
import type { CallOptions, CallStatus } from "../../rpc/call_options.ts";
import type { ClientCall } from "../../rpc/client_call.ts";
import { Metadata } from "../../rpc/metadata.ts";
import type { MethodDefinition } from "../../rpc/service_definition.ts";
import { RpcError, Status, statusName } from "../../rpc/status.ts";
import type { Scenario } from "../support/peer_client.ts";
import { withTimeout } from "../support/with_timeout.ts";
import {
  AWAIT_CANCELLED,
  HANG,
  LAST_STATUS,
  type Prediction,
  REASON,
  REFUSAL,
  REPLY_OCTET,
} from "./interop_handlers.ts";
import { BROKER, INTEROP, type PartialMeasurement } from "./interop_schema.ts";

const MANY = 10_000;
const MIB = 1024 * 1024;
const CALL_TIMEOUT_MS = 30_000;
const DEADLINE_MS = 300;

type Run = (channel: Channel) => Promise<void>;

/** What one call came to. */
interface Outcome<Response> {
  readonly answers: Response[];
  readonly headers: Metadata;
  readonly status: CallStatus;
}

/** Runs one scenario on a channel of its own. */
export async function runChannelScenario(
  target: string,
  scenario: Scenario,
  options: ChannelOptions = {},
): Promise<void> {
  using channel = new Channel(target, options);
  await withTimeout(CHANNEL_SCENARIOS[scenario](channel), 60_000, `the scenario "${scenario}"`);
}

/** Makes a call of any kind and follows it to its end; never rejects. */
async function follow<Request, Response>(
  channel: Channel,
  method: MethodDefinition<Request, Response>,
  requests: AsyncIterable<Request> | Iterable<Request>,
  options: CallOptions = {},
): Promise<Outcome<Response>> {
  const call = channel.call(method, { timeoutMs: CALL_TIMEOUT_MS, ...options });
  startSending(call, requests);
  const answers: Response[] = [];
  let failure: RpcError | undefined;
  try {
    for await (const answer of call.responses) answers.push(answer);
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    failure = error;
  }
  const [headers, status] = await Promise.all([call.headers, call.status]);
  // The server may call a success what we cannot read.
  if (failure === undefined || status.code !== Status.OK) return { answers, headers, status };
  const { code, message } = failure;
  return { answers, headers, status: { code, message, trailers: status.trailers } };
}

async function readAll<Request, Response>(call: ClientCall<Request, Response>) {
  const answers: Response[] = [];
  try {
    for await (const answer of call.responses) answers.push(answer);
  } catch {
    // The status tells the same.
  }
  return answers;
}

/** Octets that neither repeat within a frame nor compress away. */
function pattern(octets: number): Uint8Array {
  return Uint8Array.from({ length: octets }, (_, at) => (at * 31 + (at >> 8)) & 0xff);
}

const NOTHING: Uint8Array = new Uint8Array(0);

function measurements(count: number): PartialMeasurement[] {
  return Array.from({ length: count }, (_, id) => ({ id, value: id / 4 }));
}

function checkPrediction(
  answer: Prediction | undefined,
  id: number,
  padding: Uint8Array = NOTHING,
): void {
  assert.equal(answer?.id, id);
  assert.equal(answer.prediction, id % 2 === 0);
  const found = answer.padding ?? NOTHING;
  assert.ok(
    found.length === padding.length && found.every((octet, at) => octet === padding[at]),
    `answer ${id} has another padding`,
  );
}

function checkPredictions(answers: readonly Prediction[], count: number): void {
  answers.forEach((answer, id) => checkPrediction(answer, id));
  assert.equal(answers.length, count);
}

function checkStatus(status: CallStatus, code: number, message = status.message): void {
  assert.equal(
    `${statusName(status.code)} "${status.message}"`,
    `${statusName(code)} "${message}"`,
  );
}

async function checkUnary(channel: Channel, request: PartialMeasurement, padding?: Uint8Array) {
  const answer = await channel.unary(INTEROP.unary, request, { timeoutMs: CALL_TIMEOUT_MS });
  checkPrediction(answer, request.id ?? 0, padding);
}

async function brokerMany(channel: Channel): Promise<void> {
  const rows = Array.from({ length: MANY }, (_, id) => ({ id, sensor1: id / 8, sensor4: -id }));
  let next = 0;
  for await (const { id, prediction } of channel.bidirectional(BROKER, rows)) {
    assert.equal(id, next++);
    assert.equal(prediction, id % 2 === 0);
  }
  assert.equal(next, MANY);
}

async function unary(channel: Channel): Promise<void> {
  for (let id = 0; id < 100; id++) await checkUnary(channel, { id });
}

async function serverStream(channel: Channel, count = MANY): Promise<void> {
  let next = 0;
  for await (const answer of channel.serverStreaming(INTEROP.serverStream, { count })) {
    checkPrediction(answer, next++);
  }
  assert.equal(next, count);
}

async function clientStream(channel: Channel, count = MANY): Promise<void> {
  const messages = measurements(count);
  const summary = await channel.clientStreaming(INTEROP.clientStream, messages);
  const sum = messages.reduce((total, { value = 0 }) => total + value, 0);
  assert.deepEqual({ ...summary }, { count, sum });
}

async function bidi(channel: Channel, count = MANY): Promise<void> {
  const { answers, status } = await follow(channel, INTEROP.bidi, measurements(count));
  checkStatus(status, Status.OK);
  checkPredictions(answers, count);
}

/** Sends each measurement only when the one before was answered. */
async function pingPong(channel: Channel): Promise<void> {
  const rounds = 200;
  const call = channel.call(INTEROP.bidi, { timeoutMs: CALL_TIMEOUT_MS });
  for (let id = 0; id < rounds; id++) {
    call.send({ id });
    checkPrediction((await call.responses.next()).value, id);
  }
  call.end();
  assert.equal((await call.responses.next()).done, true);
  checkStatus(await call.status, Status.OK);
}

async function empty(channel: Channel): Promise<void> {
  await serverStream(channel, 0);
  await clientStream(channel, 0);
  await bidi(channel, 0);
}

async function parallel(channel: Channel): Promise<void> {
  await Promise.all(Array.from({ length: 100 }, () => bidi(channel, 100)));
}

function checkRefusal(status: CallStatus, code: number): void {
  checkStatus(status, code, REFUSAL);
  assert.deepEqual(status.trailers.get("reason-bin").map((value) => [...value]), [[...REASON]]);
}

async function error(channel: Channel): Promise<void> {
  for (let code = 1; code <= LAST_STATUS; code++) {
    checkRefusal((await follow(channel, INTEROP.unary, [{ id: -code }])).status, code);
  }
  const stream = await follow(channel, INTEROP.serverStream, [{ count: -5 }]);
  checkRefusal(stream.status, Status.NOT_FOUND);

  // The client has not half-closed when the status comes.
  const sum = channel.call(INTEROP.clientStream, { timeoutMs: CALL_TIMEOUT_MS });
  for (const id of [1, -9]) sum.send({ id });
  checkRefusal(await sum.status, Status.FAILED_PRECONDITION);

  const call = channel.call(INTEROP.bidi, { timeoutMs: CALL_TIMEOUT_MS });
  for (const id of [0, 1, -11]) call.send({ id });
  checkPredictions(await readAll(call), 2);
  checkRefusal(await call.status, Status.OUT_OF_RANGE);
}

async function metadata(channel: Channel): Promise<void> {
  const text = ["one", "two words; 100% ~", "tail"];
  const octets = [REASON, Uint8Array.of(1, 2, 3), pattern(300)];
  const sent = new Metadata();
  for (const value of text) sent.add("x-echo", value);
  for (const value of octets) sent.add("x-echo-bin", value);
  const checkOctets = ({ status }: Outcome<unknown>) =>
    assert.deepEqual(
      status.trailers.get("x-echo-bin").map((value) => [...value]),
      octets.map((value) => [...value]),
    );

  const plain = await follow(channel, INTEROP.unary, [{ id: 2 }], { metadata: sent });
  checkStatus(plain.status, Status.OK);
  assert.equal(plain.headers.get("x-echo").join(", "), text.join(", "));
  checkOctets(plain);

  const refused = await follow(channel, INTEROP.unary, [{ id: -7 }], { metadata: sent });
  checkRefusal(refused.status, Status.PERMISSION_DENIED);
  checkOctets(refused);

  const streamed = await follow(channel, INTEROP.bidi, measurements(3), { metadata: sent });
  checkPredictions(streamed.answers, 3);
  assert.equal(streamed.headers.get("x-echo").join(", "), text.join(", "));
  checkOctets(streamed);
}

let hangingCalls = 0;

function nameCall(kind: string): string {
  return `${kind} ${++hangingCalls} of Deno process ${Deno.pid}`;
}

async function checkCancelledAtServer(channel: Channel, call: string): Promise<void> {
  const request = { id: AWAIT_CANCELLED, call };
  const answer = await channel.unary(INTEROP.unary, request, { timeoutMs: CALL_TIMEOUT_MS });
  assert.deepEqual([answer.id, answer.prediction], [AWAIT_CANCELLED, true]);
}

async function deadline(channel: Channel): Promise<void> {
  // Deadlines count from the start of the call: connect first.
  await channel.connect();
  const name = nameCall("Unary");
  const options = { timeoutMs: DEADLINE_MS };
  const one = await follow(channel, INTEROP.unary, [{ id: HANG, call: name }], options);
  checkStatus(one.status, Status.DEADLINE_EXCEEDED);
  await checkCancelledAtServer(channel, name);

  const bidiName = nameCall("Bidi");
  const call = channel.call(INTEROP.bidi, options);
  call.send({ id: 0 });
  call.send({ id: HANG, call: bidiName });
  checkStatus(await call.status, Status.DEADLINE_EXCEEDED);
  await checkCancelledAtServer(channel, bidiName);
}

async function cancel(channel: Channel): Promise<void> {
  const bidiName = nameCall("Bidi");
  const call = channel.call(INTEROP.bidi, { timeoutMs: CALL_TIMEOUT_MS });
  call.send({ id: HANG, call: bidiName });
  assert.equal((await call.responses.next()).value?.id, HANG);
  call.cancel();
  checkStatus(await call.status, Status.CANCELLED);
  await checkCancelledAtServer(channel, bidiName);

  // Leaving the loop cancels as well.
  const streamName = nameCall("ServerStream");
  const request = { count: HANG, call: streamName };
  for await (const answer of channel.serverStreaming(INTEROP.serverStream, request)) {
    assert.equal(answer.id, HANG);
    break;
  }
  await checkCancelledAtServer(channel, streamName);
}

async function gzip(channel: Channel): Promise<void> {
  const compressed = { compression: "gzip" } as const;
  for (const padding of [NOTHING, Uint8Array.of(97), new Uint8Array(MIB), pattern(MIB)]) {
    const answer = await follow(channel, INTEROP.unary, [{ id: 4, padding }], compressed);
    checkStatus(answer.status, Status.OK);
    checkPrediction(answer.answers[0], 4, padding);
  }
  const { answers, status } = await follow(channel, INTEROP.bidi, measurements(1000), compressed);
  checkStatus(status, Status.OK);
  checkPredictions(answers, 1000);
  // Small on the wire; the limit counts what it inflates to.
  const request = { id: 0, padding: new Uint8Array(5 * MIB) };
  const bomb = await follow(channel, INTEROP.unary, [request], compressed);
  checkStatus(bomb.status, Status.RESOURCE_EXHAUSTED);
  await checkUnary(channel, { id: 1 });
}

async function bigMessage(channel: Channel): Promise<void> {
  const padding = pattern(3 * MIB);
  await checkUnary(channel, { id: 6, padding }, padding);
  const reply = new Uint8Array(3 * MIB).fill(REPLY_OCTET);
  await checkUnary(channel, { id: 7, reply_octets: reply.length }, reply);
  const requests = [0, 1, 2, 3].map((id) => ({ id, padding }));
  const { answers, status } = await follow(channel, INTEROP.bidi, requests);
  checkStatus(status, Status.OK);
  assert.equal(answers.length, 4);
  answers.forEach((answer, id) => checkPrediction(answer, id, padding));
}

async function overLimit(channel: Channel): Promise<void> {
  const request = await follow(channel, INTEROP.unary, [{ id: 0, padding: pattern(5 * MIB) }]);
  checkStatus(request.status, Status.RESOURCE_EXHAUSTED);
  const answer = await follow(channel, INTEROP.unary, [{ id: 0, reply_octets: 5 * MIB }]);
  checkStatus(answer.status, Status.RESOURCE_EXHAUSTED);
  await checkUnary(channel, { id: 1 });
}

async function unknownMethod(channel: Channel): Promise<void> {
  for (const path of ["/broker.interop.Interop/Missing", "/broker.interop.Missing/Unary"]) {
    const { status } = await follow(channel, { ...INTEROP.unary, path }, [{ id: 1 }]);
    checkStatus(status, Status.UNIMPLEMENTED);
  }
  await checkUnary(channel, { id: 1 });
}

/** In the order of `SCENARIOS`. */
export const CHANNEL_SCENARIOS: Readonly<Record<Scenario, Run>> = {
  "broker-10000": brokerMany,
  "unary": unary,
  "server-stream-10000": serverStream,
  "client-stream-10000": clientStream,
  "bidi-10000": bidi,
  "ping-pong": pingPong,
  "empty": empty,
  "parallel": parallel,
  "error": error,
  "metadata": metadata,
  "deadline": deadline,
  "cancel": cancel,
  "gzip": gzip,
  "big-message": bigMessage,
  "over-limit": overLimit,
  "unknown-method": unknownMethod,
};

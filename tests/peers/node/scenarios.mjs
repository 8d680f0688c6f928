// What the Node client checks, by name. Each scenario takes a Context (see client.mjs), throws on the first
// mismatch and resolves with the number of messages that were exchanged and checked.
import grpc from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import process from "node:process";
import { callForOne, check, checkStatus, followCall, withDeadline, writeAll } from "./calls.mjs";
import {
  AWAIT_CANCELLED,
  BrokerService,
  HANG,
  Interop,
  LAST_STATUS,
  REASON,
  REFUSAL,
  REPLY_OCTET,
} from "./interop.mjs";

const { status: Status, Metadata } = grpc;
const MANY = 10_000;
const MIB = 1024 * 1024;
const DEADLINE_MS = 300;
const NOTHING = Buffer.alloc(0);

/** Octets that neither repeat within a frame nor compress away: position and content are both checked. */
function pattern(octets) {
  const bytes = Buffer.alloc(octets);
  for (let i = 0; i < octets; i++) bytes[i] = (i * 31 + (i >> 8)) & 0xff;
  return bytes;
}

const measurements = (count) => Array.from({ length: count }, (_, id) => ({ id, value: id / 4 }));

const wantedPrediction = (id, padding = NOTHING) => ({
  id,
  prediction: id % 2 === 0,
  padding,
});

function checkPredictions(what, answers, count) {
  for (let i = 0; i < Math.min(count, answers.length); i++) {
    check(`${what}, answer ${i}`, answers[i], wantedPrediction(i));
  }
  check(`${what}, number of answers`, answers.length, count);
}

function callUnary(
  client,
  request,
  metadata = new Metadata(),
  options = withDeadline(),
) {
  return callForOne((respond) => client.Unary(request, metadata, options, respond));
}

async function checkUnary(
  client,
  request,
  wanted = wantedPrediction(request.id),
) {
  const { answer, status } = await callUnary(client, request).ended;
  checkStatus(`Unary ${request.id}`, status, Status.OK);
  check(`Unary ${request.id}`, answer, wanted);
}

async function broker10000({ connect }) {
  const call = connect(BrokerService).BidirectionalStreaming(withDeadline());
  const { ended } = followCall(call);
  const rows = Array.from(
    { length: MANY },
    (_, id) => ({ id, sensor1: id / 8, sensor4: -id }),
  );
  await writeAll(call, rows);
  const { answers, status } = await ended;
  answers.forEach((answer, id) => check(`answer ${id}`, answer, { id, prediction: id % 2 === 0 }));
  check("number of answers", answers.length, MANY);
  checkStatus("broker", status, Status.OK);
  return MANY;
}

async function unary({ connect }) {
  const client = connect(Interop);
  for (let id = 0; id < 100; id++) await checkUnary(client, { id });
  return 100;
}

async function serverStream({ connect }, count = MANY) {
  const { answers, status } = await followCall(
    connect(Interop).ServerStream({ count }, withDeadline()),
  ).ended;
  checkPredictions("ServerStream", answers, count);
  checkStatus("ServerStream", status, Status.OK);
  return count;
}

async function clientStream({ connect }, count = MANY) {
  const client = connect(Interop);
  const { call, ended } = callForOne((respond) => client.ClientStream(withDeadline(), respond));
  const messages = measurements(count);
  await writeAll(call, messages);
  const { answer, status } = await ended;
  checkStatus("ClientStream", status, Status.OK);
  const sum = messages.reduce((total, { value }) => total + value, 0);
  check("ClientStream", answer, { count, sum });
  return count;
}

async function bidi({ connect }, count = MANY) {
  const call = connect(Interop).Bidi(withDeadline());
  const { ended } = followCall(call);
  await writeAll(call, measurements(count));
  const { answers, status } = await ended;
  checkPredictions("Bidi", answers, count);
  checkStatus("Bidi", status, Status.OK);
  return count;
}

/** Sends each measurement only when the one before was answered: a server that collects answers hangs. */
async function pingPong({ connect }) {
  const rounds = 200;
  const call = connect(Interop).Bidi(withDeadline());
  const { ended } = followCall(call);
  let next = 0;
  const sendNext = () => next < rounds ? call.write({ id: next++ }) : call.end();
  call.on("data", sendNext);
  sendNext();
  const { answers, status } = await ended;
  checkPredictions("Bidi", answers, rounds);
  checkStatus("Bidi", status, Status.OK);
  return rounds;
}

async function empty(context) {
  await serverStream(context, 0);
  await clientStream(context, 0);
  await bidi(context, 0);
  return 0;
}

async function parallel({ connect }) {
  const streams = 100;
  const perStream = 100;
  const client = connect(Interop);
  await Promise.all(Array.from({ length: streams }, async (_, stream) => {
    const call = client.Bidi(withDeadline());
    const { ended } = followCall(call);
    await writeAll(call, measurements(perStream));
    const { answers, status } = await ended;
    checkPredictions(`stream ${stream}`, answers, perStream);
    checkStatus(`stream ${stream}`, status, Status.OK);
  }));
  return streams * perStream;
}

function checkRefusal(what, status, code) {
  checkStatus(what, status, code, REFUSAL);
  check(`${what}, reason-bin`, status.metadata.get("reason-bin"), [REASON]);
}

async function error({ connect }) {
  const client = connect(Interop);
  for (let code = 1; code <= LAST_STATUS; code++) {
    const { status } = await callUnary(client, { id: -code }).ended;
    checkRefusal(`Unary -${code}`, status, code);
  }
  const { status } = await followCall(
    client.ServerStream({ count: -5 }, withDeadline()),
  ).ended;
  checkRefusal("ServerStream -5", status, Status.NOT_FOUND);

  // The client has not half-closed when the status comes.
  const sum = callForOne((respond) => client.ClientStream(withDeadline(), respond));
  sum.call.write({ id: 1 });
  sum.call.write({ id: -9 });
  checkRefusal(
    "ClientStream -9",
    (await sum.ended).status,
    Status.FAILED_PRECONDITION,
  );

  const call = client.Bidi(withDeadline());
  const { ended } = followCall(call);
  for (const id of [0, 1, -11]) call.write({ id });
  const last = await ended;
  checkPredictions("Bidi 0, 1, -11", last.answers, 2);
  checkRefusal("Bidi 0, 1, -11", last.status, Status.OUT_OF_RANGE);
  return LAST_STATUS + 3;
}

/** A peer may join the values of one name, so they are compared joined. */
function checkText(what, headers, values) {
  check(what, headers?.get("x-echo").join(", "), values.join(", "));
}

async function metadata({ connect }) {
  const client = connect(Interop);
  const text = ["one", "two words; 100% ~", "tail"];
  const octets = [REASON, Buffer.from([1, 2, 3]), pattern(300)];
  const sent = new Metadata();
  for (const value of text) sent.add("x-echo", value);
  for (const value of octets) sent.add("x-echo-bin", value);

  const plain = await callUnary(client, { id: 2 }, sent).ended;
  checkStatus("Unary 2", plain.status, Status.OK);
  checkText("header x-echo", plain.headers, text);
  check("trailer x-echo-bin", plain.status.metadata.get("x-echo-bin"), octets);

  const refused = await callUnary(client, { id: -7 }, sent).ended;
  checkRefusal("Unary -7", refused.status, Status.PERMISSION_DENIED);
  check(
    "trailer x-echo-bin",
    refused.status.metadata.get("x-echo-bin"),
    octets,
  );

  const call = client.Bidi(sent, withDeadline());
  const { ended } = followCall(call);
  await writeAll(call, measurements(3));
  const streamed = await ended;
  checkPredictions("Bidi", streamed.answers, 3);
  checkText("Bidi header x-echo", streamed.headers, text);
  check(
    "Bidi trailer x-echo-bin",
    streamed.status.metadata.get("x-echo-bin"),
    octets,
  );
  return 5;
}

let hangingCalls = 0;
const nameCall = (kind) => `${kind} ${++hangingCalls} of Node process ${process.pid}`;

const checkCancelledAtServer = (client, name) =>
  checkUnary(client, { id: AWAIT_CANCELLED, call: name }, {
    id: AWAIT_CANCELLED,
    prediction: true,
    padding: NOTHING,
  });

async function deadline({ connect }) {
  const client = connect(Interop);
  const unaryName = nameCall("Unary");
  const request = { id: HANG, call: unaryName };
  const one = await callUnary(
    client,
    request,
    new Metadata(),
    withDeadline(DEADLINE_MS),
  ).ended;
  checkStatus("Unary that hangs", one.status, Status.DEADLINE_EXCEEDED);
  await checkCancelledAtServer(client, unaryName);

  const bidiName = nameCall("Bidi");
  const call = client.Bidi(withDeadline(DEADLINE_MS));
  const { ended } = followCall(call);
  call.write({ id: 0 });
  call.write({ id: HANG, call: bidiName });
  checkStatus(
    "Bidi that hangs",
    (await ended).status,
    Status.DEADLINE_EXCEEDED,
  );
  await checkCancelledAtServer(client, bidiName);
  return 2;
}

async function cancel({ connect }) {
  const client = connect(Interop);
  const hanging = [
    ["Bidi", (name) => {
      const call = client.Bidi(withDeadline());
      call.write({ id: HANG, call: name });
      return call;
    }],
    [
      "ServerStream",
      (name) => client.ServerStream({ count: HANG, call: name }, withDeadline()),
    ],
  ];
  for (const [kind, start] of hanging) {
    const name = nameCall(kind);
    const call = start(name);
    const { started, ended } = followCall(call);
    check(`${kind}, first answer`, (await started)?.id, HANG);
    call.cancel();
    checkStatus(
      `${kind} after cancel()`,
      (await ended).status,
      Status.CANCELLED,
    );
    await checkCancelledAtServer(client, name);
  }
  return hanging.length;
}

async function gzip({ connect }) {
  const client = connect(Interop, {
    "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip,
  });
  for (
    const padding of [
      NOTHING,
      Buffer.from("a"),
      Buffer.alloc(MIB, "ab"),
      pattern(MIB),
    ]
  ) {
    await checkUnary(client, { id: 4, padding }, wantedPrediction(4, padding));
  }
  const call = client.Bidi(withDeadline());
  const { ended } = followCall(call);
  await writeAll(call, measurements(1000));
  const { answers, status } = await ended;
  checkPredictions("Bidi", answers, 1000);
  checkStatus("Bidi", status, Status.OK);

  // Small on the wire; the limit counts what it inflates to.
  const bomb = await callUnary(client, {
    id: 0,
    padding: Buffer.alloc(5 * MIB),
  }).ended;
  checkStatus("5 MiB of zeros", bomb.status, Status.RESOURCE_EXHAUSTED);
  await checkUnary(client, { id: 1 });
  return 1006;
}

async function bigMessage({ connect }) {
  const client = connect(Interop);
  const padding = pattern(3 * MIB);
  await checkUnary(client, { id: 6, padding }, wantedPrediction(6, padding));
  const large = Buffer.alloc(3 * MIB, REPLY_OCTET);
  await checkUnary(
    client,
    { id: 7, reply_octets: large.length },
    wantedPrediction(7, large),
  );

  const call = client.Bidi(withDeadline());
  const { ended } = followCall(call);
  await writeAll(call, [0, 1, 2, 3].map((id) => ({ id, padding })));
  const { answers, status } = await ended;
  check("Bidi, number of answers", answers.length, 4);
  answers.forEach((answer, id) =>
    check(`Bidi, answer ${id}`, answer, wantedPrediction(id, padding))
  );
  checkStatus("Bidi", status, Status.OK);
  return 6;
}

async function overLimit({ connect }) {
  const client = connect(Interop);
  const request = await callUnary(client, { id: 0, padding: pattern(5 * MIB) })
    .ended;
  checkStatus("5 MiB request", request.status, Status.RESOURCE_EXHAUSTED);
  const answer = await callUnary(client, { id: 0, reply_octets: 5 * MIB })
    .ended;
  checkStatus("5 MiB answer", answer.status, Status.RESOURCE_EXHAUSTED);
  await checkUnary(client, { id: 1 });
  return 3;
}

async function unknownMethod({ connect }) {
  const client = connect(Interop);
  for (
    const path of [
      "/broker.interop.Interop/Missing",
      "/broker.interop.Missing/Unary",
    ]
  ) {
    const { status } = await callForOne((respond) =>
      client.makeUnaryRequest(
        path,
        (x) => x,
        (x) => x,
        NOTHING,
        withDeadline(),
        respond,
      )
    ).ended;
    checkStatus(path, status, Status.UNIMPLEMENTED);
  }
  await checkUnary(client, { id: 1 });
  return 3;
}

/** In the order in which `all` runs them. The Python client has the same names. */
export const SCENARIOS = {
  "broker-10000": broker10000,
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

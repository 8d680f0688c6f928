import { strict as assert } from "node:assert";
import { type Handlers, RpcServer, type ServerCallContext, statusName } from "../../rpc/mod.ts";
import { createSocketPair } from "../support/memory_socket.ts";
import { hasFlag } from "../support/seen_frames.ts";
import {
  concat,
  data,
  envelope,
  FLAG,
  FRAME,
  grpcRequest,
  headers,
  ping,
  PREFACE,
} from "../support/wire.ts";
import type { Dice } from "./dice.ts";
import { FarEnd } from "./far_end.ts";
import { ECHO_FIELD, type FuzzServices } from "./fuzz_services.ts";
import type { FuzzLayer, Tally } from "./layer.ts";
import {
  checkAllowance,
  checkFrames,
  codeName,
  readAnswers,
  type SeenAnswer,
} from "./seen_answers.ts";
import { buildClientSession, changeSession } from "./sessions.ts";
import { settle } from "./settle.ts";
import { readMessages, readWire, toHex, type WireModel } from "./wire_model.ts";

const MAX_MESSAGE_OCTETS = 65_536;
const MAX_STREAM_ID = 0x7fff_ffff;
const PROBE = new TextEncoder().encode("honest");
const PROBE_PING = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** Sessions of a client, changed, against a server: it answers, refuses or hangs up in order. */
export function createServerLayer({ services, methods }: FuzzServices, share: number): FuzzLayer {
  const failures: unknown[] = [];
  let handled = 0;
  const servers = (["identity", "gzip"] as const).map((compression) => {
    const server = new RpcServer({
      compression,
      maxMessageOctets: MAX_MESSAGE_OCTETS,
      onHandlerError: (error) => failures.push(error),
    });
    for (const { definition, handlers } of services) {
      server.addService(definition, watchHandlers(handlers, () => handled++));
    }
    return server;
  });
  const check = () => {
    assert.deepEqual(failures.splice(0), [], "no handler fails");
    for (const { stats } of servers) {
      assert.deepEqual(stats, { connections: 0, streams: 0, running: 0 });
    }
  };

  async function run(dice: Dice, tally: Tally): Promise<void> {
    handled = 0;
    const [ours, theirs] = createSocketPair();
    if (dice.chance(10)) ours.maxWriteOctets = 1 + dice.below(40);
    let isServed = false;
    dice.pick(servers).serve(ours).then(() => isServed = true);
    const end = new FarEnd(theirs);
    const sent = changeSession(dice, buildClientSession(dice, methods));
    await end.sendInPieces(dice, concat([PREFACE, ...sent]));
    if (handled > 0) tally.add("server: reached a handler");
    const wire = readWire(concat(sent));
    const probed = await probe(end, wire);
    await end.hangUp(dice);
    assert.ok(isServed, "the connection ends with its peer");
    judge(end, { wire, probed, tally });
    check();
  }

  return { name: "server", share, run, check };
}

/** The same handlers; `onCall` is told of each one that runs. */
function watchHandlers(handlers: Handlers, onCall: () => void): Handlers {
  const watched: Record<string, Handlers[string]> = {};
  for (const [name, handler] of Object.entries(handlers)) {
    watched[name] = (input: unknown, call: ServerCallContext) => {
      onCall();
      return handler(input as never, call) as never;
    };
  }
  return watched;
}

interface Probe {
  readonly streamId: number;
  readonly isAlive: boolean;
}

/** Asks, on the same connection and in order, whether the server still answers. */
async function probe(end: FarEnd, wire: WireModel): Promise<Probe | undefined> {
  const hasGoAway = end.all(FRAME.GOAWAY).length > 0;
  // Half a frame would take in the question.
  if (end.hasEnded || hasGoAway || !wire.endsWhole) return undefined;
  const streamId = (wire.lastStreamId + 1) | 1;
  const isUsable = wire.lastStreamId + 2 <= MAX_STREAM_ID;
  await end.send(ping(PROBE_PING));
  if (isUsable) {
    await end.send(headers(streamId, grpcRequest("/fuzz.Echo/Unary")));
    await end.send(data(streamId, envelope(PROBE), { endStream: true }));
  }
  await settle();
  const isAlive = end.all(FRAME.GOAWAY).length === 0;
  if (!isAlive) return { streamId, isAlive };
  const acked = end.all(FRAME.PING).some((frame) =>
    hasFlag(frame, FLAG.ACK) && toHex(frame.payload) === toHex(PROBE_PING)
  );
  assert.ok(acked, "a connection without GOAWAY answers PING");
  const isAnswered = end.frames.some((frame) => frame.streamId === streamId);
  if (isUsable) assert.ok(isAnswered, "a connection without GOAWAY answers a request");
  return { streamId, isAlive };
}

/** Looks at all that the server said. */
function judge(
  end: FarEnd,
  seen: { readonly wire: WireModel; readonly probed: Probe | undefined; readonly tally: Tally },
): void {
  const { wire, probed, tally } = seen;
  assert.equal(end.error, undefined);
  const { goAwayCode } = checkFrames(end.frames);
  checkAllowance(end.frames, wire.allowance);
  if (goAwayCode !== undefined) tally.add(`server: GOAWAY ${codeName(goAwayCode)}`);
  for (const { payload } of end.all(FRAME.RST_STREAM)) {
    tally.add(`server: RST_STREAM ${codeName(new DataView(payload.buffer).getUint32(0))}`);
  }
  for (const answer of readAnswers(end.frames)) {
    const { streamId, status, httpStatus } = answer;
    const isProbe = streamId === probed?.streamId;
    if (httpStatus !== "200") tally.add(`server: HTTP ${httpStatus}`);
    if (status === undefined) continue;
    const name = statusName(status);
    assert.notEqual(name, "UNKNOWN", "no handler fails, so no call is UNKNOWN");
    tally.add(isProbe ? `server: further request ${name}` : `server: status ${name}`);
    // INTERNAL where SETTINGS leave no room for the response headers.
    if (isProbe) assert.match(name, /^(?:OK|INTERNAL)$/);
    if (name === "OK") checkEcho(answer, isProbe ? envelope(PROBE) : wire.bodies.get(streamId));
  }
  tally.add(`server: connection ${probed?.isAlive ? "lived" : "ended"}`);
}

/** An echo that is OK says what was sent, no more and no less. */
function checkEcho({ fields, body }: SeenAnswer, sent: Uint8Array | undefined): void {
  if (fields.get(ECHO_FIELD) !== "all") return;
  assert.deepEqual(readMessages(body), readMessages(sent));
}

import { strict as assert } from "node:assert";
import { connectionError } from "../../../rpc/http2/http2_error.ts";
import {
  afterEnd,
  type CloseCause,
  HALF_CLOSED_LOCAL,
  HALF_CLOSED_REMOTE,
  IDLE,
  judgeFrame,
  OPEN,
  type ReceivedFrame,
  type StreamState,
  type Verdict,
} from "../../../rpc/http2/stream_state.ts";
import {
  CODE,
  data,
  type Fields,
  FRAME,
  goaway,
  headers,
  rstStream,
  windowUpdate,
} from "../../support/wire.ts";
import { GET, get, OK, OK_FIELDS, post, type Rig, startClient, startServer } from "./rig.ts";

const FRAMES = ["HEADERS", "DATA", "RST_STREAM", "WINDOW_UPDATE"] as const;

function closed(cause: CloseCause): StreamState {
  return { kind: "closed", cause };
}

const ERROR = connectionError(CODE.NO_ERROR, "gone");

/** Every state and, in the order of `FRAMES`, what becomes of a frame (RFC 9113 section 5.1). */
const TABLE: readonly (readonly [
  name: string,
  state: StreamState,
  verdicts: readonly [Verdict, Verdict, Verdict, Verdict],
])[] = [
  ["idle", IDLE, ["accept", "PROTOCOL_ERROR", "PROTOCOL_ERROR", "PROTOCOL_ERROR"]],
  ["open", OPEN, ["accept", "accept", "accept", "accept"]],
  ["half closed (local)", HALF_CLOSED_LOCAL, ["accept", "accept", "accept", "accept"]],
  [
    "half closed (remote)",
    HALF_CLOSED_REMOTE,
    ["STREAM_CLOSED", "STREAM_CLOSED", "accept", "accept"],
  ],
  [
    "finished",
    closed({ kind: "finished" }),
    ["STREAM_CLOSED", "STREAM_CLOSED", "ignore", "ignore"],
  ],
  [
    "reset by us",
    closed({ kind: "reset", origin: "local", code: CODE.CANCEL }),
    ["ignore", "ignore", "ignore", "ignore"],
  ],
  [
    "reset by the peer",
    closed({ kind: "reset", origin: "remote", code: CODE.CANCEL }),
    ["STREAM_CLOSED", "STREAM_CLOSED", "ignore", "ignore"],
  ],
  ["unprocessed", closed({ kind: "unprocessed" }), ["ignore", "ignore", "ignore", "ignore"]],
  [
    "lost with its connection",
    closed({ kind: "connection", error: ERROR }),
    ["ignore", "ignore", "ignore", "ignore"],
  ],
];

for (const [name, state, verdicts] of TABLE) {
  FRAMES.forEach((frame, index) => {
    Deno.test(`judgeFrame(): ${frame} on a stream that is ${name}: ${verdicts[index]}`, () => {
      assert.equal(judgeFrame(state, frame), verdicts[index]);
    });
  });
}

Deno.test("afterEnd() knows the state after END_STREAM of either side", () => {
  const finished = closed({ kind: "finished" });
  const rows = [
    [IDLE, HALF_CLOSED_LOCAL, HALF_CLOSED_REMOTE],
    [OPEN, HALF_CLOSED_LOCAL, HALF_CLOSED_REMOTE],
    [HALF_CLOSED_LOCAL, HALF_CLOSED_LOCAL, finished],
    [HALF_CLOSED_REMOTE, finished, HALF_CLOSED_REMOTE],
    [
      closed({ kind: "unprocessed" }),
      closed({ kind: "unprocessed" }),
      closed({
        kind: "unprocessed",
      }),
    ],
  ] as const;
  for (const [state, local, remote] of rows) {
    assert.deepEqual(afterEnd(state, "local"), local);
    assert.deepEqual(afterEnd(state, "remote"), remote);
  }
});

// The same table against a live connection.

const TRAILERS: Fields = [["x-trailer", "1"]];

/** Brings stream 1 of a live connection into a state. */
type Setup = (rig: Rig) => Promise<void>;

const SERVER_STATES: Readonly<Record<string, Setup>> = {
  "idle": () => Promise.resolve(),
  "open": (rig) => rig.peer.send(post(1)),
  "half closed (remote)": (rig) => rig.peer.send(get(1)),
  "finished": async (rig) => {
    await rig.peer.send(get(1));
    await rig.peer.roundTrip();
    rig.stream(1).sendHeaders(OK_FIELDS, { endStream: true });
  },
  "reset by us": async (rig) => {
    await rig.peer.send(post(1));
    await rig.peer.roundTrip();
    rig.stream(1).reset(CODE.CANCEL);
  },
  "reset by the peer": (rig) => rig.peer.send(post(1), rstStream(1)),
};

const CLIENT_STATES: Readonly<Record<string, Setup>> = {
  "idle": () => Promise.resolve(),
  "open": async (rig) => void await openStream(rig, false),
  "half closed (local)": async (rig) => void await openStream(rig, true),
  "half closed (remote)": async (rig) => {
    await openStream(rig, false);
    await rig.peer.send(headers(1, TRAILERS, { endStream: true }));
  },
  "finished": async (rig) => {
    await openStream(rig, true);
    await rig.peer.send(headers(1, TRAILERS, { endStream: true }));
  },
  "reset by us": async (rig) => {
    const { stream } = await openStream(rig, false);
    stream.reset(CODE.CANCEL);
  },
  "reset by the peer": async (rig) => {
    await openStream(rig, false);
    await rig.peer.send(rstStream(1));
  },
};

/** A client's stream 1 whose response head has come, unless it is to come. */
async function openStream(rig: Rig, endStream: boolean) {
  const opened = rig.open({ endStream });
  rig.requests.set(1, opened.recorder);
  await rig.peer.expectHeaders(1);
  await rig.peer.send(headers(1, OK));
  return opened;
}

function build(frame: ReceivedFrame, isRequest: boolean): Uint8Array {
  switch (frame) {
    case "HEADERS":
      return headers(1, isRequest ? GET : TRAILERS, { endStream: true });
    case "DATA":
      return data(1, Uint8Array.of(1));
    case "RST_STREAM":
      return rstStream(1, CODE.CANCEL);
    case "WINDOW_UPDATE":
      return windowUpdate(1, 1);
  }
}

/** What the listener is told of a frame that is taken. */
const TOLD: Readonly<Record<ReceivedFrame, string | undefined>> = {
  HEADERS: "trailers",
  DATA: "data 1",
  RST_STREAM: "closed reset remote 8",
  WINDOW_UPDATE: undefined,
};

async function drive(rig: Rig, name: string, frame: ReceivedFrame, verdict: Verdict) {
  const told = rig.requests.get(1)?.log.length ?? 0;
  const isRequest = name === "idle" && rig.connection.role === "server";
  await rig.peer.send(build(frame, isRequest));
  if (verdict === "PROTOCOL_ERROR" || verdict === "STREAM_CLOSED") {
    return await rig.expectFailure(CODE[verdict]);
  }
  await rig.peer.roundTrip();
  rig.peer.expectNone(FRAME.GOAWAY);
  const news = rig.requests.get(1)?.log.slice(told) ?? [];
  if (isRequest) assert.ok(rig.requests.has(1));
  else if (verdict === "ignore") assert.deepEqual(news, []);
  else if (TOLD[frame] !== undefined) assert.ok(news.includes(TOLD[frame]), `told: ${news}`);
}

for (const role of ["server", "client"] as const) {
  const states = role === "server" ? SERVER_STATES : CLIENT_STATES;
  for (const [name, , verdicts] of TABLE) {
    const setUp = states[name];
    if (setUp === undefined) continue;
    FRAMES.forEach((frame, index) => {
      // A client opens its streams itself: nothing may come on an idle one.
      const verdict = role === "client" && name === "idle" ? "PROTOCOL_ERROR" : verdicts[index];
      Deno.test(`A ${role} that gets ${frame} on a stream that is ${name}: ${verdict}`, async () => {
        await using rig = role === "server" ? await startServer() : await startClient();
        await setUp(rig);
        await rig.peer.roundTrip();
        await drive(rig, name, frame, verdict);
      });
    });
  }
}

for (const frame of FRAMES) {
  Deno.test(`A client that gets ${frame} on a stream that is unprocessed: ignore`, async () => {
    await using rig = await startClient();
    await openStream(rig, false);
    rig.requests.set(3, rig.open().recorder);
    await rig.peer.expectHeaders(3);
    await rig.peer.send(goaway(1));
    await rig.peer.roundTrip();
    assert.deepEqual(rig.request(3).log, ["closed unprocessed"]);
    const wire = build(frame, false);
    wire[8] = 3;
    await rig.peer.send(wire);
    await rig.peer.roundTrip();
    rig.peer.expectNone(FRAME.GOAWAY);
    assert.deepEqual(rig.request(3).log, ["closed unprocessed"]);
  });
}

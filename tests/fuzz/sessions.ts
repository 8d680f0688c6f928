import { gzipSync } from "node:zlib";
import {
  CODE,
  concat,
  data,
  envelope,
  type Fields,
  FRAME,
  frame,
  goaway,
  grpcRequest,
  grpcResponse,
  grpcTrailers,
  ping,
  rstStream,
  SETTING,
  settings,
  settingsAck,
  windowUpdate,
} from "../support/wire.ts";
import type { Dice } from "./dice.ts";
import type { FuzzMethod } from "./fuzz_services.ts";
import { HeaderWriter, varyFields } from "./header_samples.ts";
import { mutateFrames, mutateOctets } from "./mutate.ts";

const MAX_DATA_OCTETS = 16_000;

/** Frames that belong together, made when their turn comes: a header block depends on those before it. */
type Step = () => Uint8Array[];

/** What a client could say after its preface and SETTINGS, frame by frame. */
export function buildClientSession(dice: Dice, methods: readonly FuzzMethod[]): Uint8Array[] {
  const writer = new HeaderWriter(dice);
  const calls = Array.from({ length: 1 + dice.below(4) }, (_, index) => {
    return requestSteps(dice, { streamId: 2 * index + 1, method: dice.pick(methods), writer });
  });
  return interleave(dice, calls).flatMap((step) => step());
}

/** What a server could answer, after its SETTINGS, to calls of these methods on the streams 1, 3, 5, … */
export function buildServerSession(dice: Dice, methods: readonly FuzzMethod[]): Uint8Array[] {
  const writer = new HeaderWriter(dice);
  const calls = methods.map((method, index) => {
    return responseSteps(dice, { streamId: 2 * index + 1, method, writer });
  });
  return interleave(dice, calls).flatMap((step) => step());
}

/** The session as it is, or changed, after SETTINGS that seldom are: so that what follows is looked at. */
export function changeSession(dice: Dice, session: readonly Uint8Array[]): Uint8Array[] {
  const changed = dice.chance(85) ? mutateFrames(session, dice) : session;
  const first = buildSettings(dice);
  return [dice.chance(3) ? mutateOctets(first, dice) : first, ...changed];
}

/** SETTINGS as some peer could have them. */
function buildSettings(dice: Dice): Uint8Array {
  if (dice.chance(60)) return settings();
  return settings(Array.from({ length: 1 + dice.below(3) }, () =>
    dice.pick(
      [
        [SETTING.HEADER_TABLE_SIZE, dice.pick([0, 100, 4096, 65_536])],
        [SETTING.INITIAL_WINDOW_SIZE, dice.pick([0, 1, 100, 65_535, 1_048_576])],
        [SETTING.MAX_FRAME_SIZE, dice.pick([16_384, 32_768, 16_777_215])],
        [SETTING.MAX_HEADER_LIST_SIZE, dice.pick([0, 100, 400, 8192])],
        [SETTING.MAX_CONCURRENT_STREAMS, dice.pick([1, 2, 100])],
        [SETTING.ENABLE_PUSH, 0],
        [0x99, dice.uint32()],
      ] as const,
    )));
}

interface CallPlan {
  readonly streamId: number;
  readonly method: FuzzMethod;
  readonly writer: HeaderWriter;
}

function requestSteps(dice: Dice, { streamId, method, writer }: CallPlan): Step[] {
  const { path, requestStream } = method.definition;
  const gzips = dice.chance(20);
  const extra: (readonly [string, string])[] = [];
  if (gzips) extra.push(["grpc-encoding", "gzip"]);
  if (dice.chance(20)) extra.push(["grpc-accept-encoding", "identity,gzip"]);
  if (dice.chance(10)) extra.push(["grpc-timeout", dice.pick(["1n", "5u", "20S", "99999999H"])]);
  const target = dice.chance(4) ? dice.pick(["/no/such", "no/slash", "*", "/", ""]) : path;
  const fields = varyFields(grpcRequest(target, extra), dice);
  const usual = requestStream ? dice.below(4) : 1;
  const messages = Array.from(
    { length: dice.chance(92) ? usual : dice.below(3) },
    () => method.request(dice),
  );
  const steps: Step[] = [];
  const ending = dice.chance(85) ? "end" : dice.pick(["trailers", "reset", "nothing"] as const);
  if (messages.length === 0 && ending === "end" && dice.chance(50)) {
    return [() => writer.write(streamId, fields, true)];
  }
  steps.push(() => writer.write(streamId, fields, false));
  steps.push(...bodySteps(dice, streamId, { messages, gzips, endStream: ending === "end" }));
  if (ending === "trailers") {
    steps.push(() => writer.write(streamId, varyFields([["x-end", "1"]], dice), true));
  }
  if (ending === "reset") steps.push(() => [rstStream(streamId, dice.below(15))]);
  return steps;
}

function responseSteps(dice: Dice, { streamId, method, writer }: CallPlan): Step[] {
  const kind = dice.below(20);
  if (kind === 0) return [() => [rstStream(streamId, dice.below(16))]];
  if (kind === 1) return [];
  if (kind < 4) return [() => writer.write(streamId, trailersOnly(dice), true)];
  const gzips = dice.chance(20);
  const head: Fields = grpcResponse(gzips ? [["grpc-encoding", "gzip"]] : []);
  const steps: Step[] = [];
  if (kind === 4) steps.push(() => writer.write(streamId, [[":status", "103"]], false));
  if (kind === 5) {
    const status = dice.pick(["200", "404", "429", "503", "431", "099", "20x"]);
    const fields: Fields = [[":status", status], ["content-type", "text/html"]];
    steps.push(() => writer.write(streamId, fields, dice.chance(50)));
  } else {
    steps.push(() => writer.write(streamId, varyFields(head, dice), false));
  }
  const usual = method.definition.responseStream ? dice.below(4) : 1;
  const messages = Array.from(
    { length: dice.chance(90) ? usual : dice.below(3) },
    () => method.response(dice),
  );
  const endStream = kind === 6;
  steps.push(...bodySteps(dice, streamId, { messages, gzips, endStream }));
  if (!endStream && kind !== 7) {
    steps.push(() => writer.write(streamId, varyFields(randomTrailers(dice), dice), true));
  }
  return steps;
}

function trailersOnly(dice: Dice): Fields {
  return varyFields([...grpcResponse(), ...randomTrailers(dice)], dice);
}

function randomTrailers(dice: Dice): Fields {
  const status = dice.chance(60) ? 0 : dice.below(19);
  const extra: (readonly [string, string])[] = [];
  if (dice.chance(30)) extra.push(["grpc-message", dice.text(12, "ab %E2%98%BAé~")]);
  if (dice.chance(10)) extra.push(["grpc-status-details-bin", dice.text(8, "AZaz09+/=!")]);
  return grpcTrailers(status, extra);
}

/** A body in DATA frames that know nothing of messages. */
function bodySteps(
  dice: Dice,
  streamId: number,
  body: {
    readonly messages: readonly Uint8Array[];
    readonly gzips: boolean;
    readonly endStream: boolean;
  },
): Step[] {
  const { messages, gzips, endStream } = body;
  const envelopes = messages.map((message) => {
    if (gzips && dice.chance(80)) return envelope(gzipSync(message), true);
    return envelope(message, dice.chance(2));
  });
  const octets = concat(envelopes);
  const pieces = (dice.chance(40) ? envelopes : dice.cut(octets)).flatMap(cutToFrames);
  const padding = () => dice.chance(5) ? { padding: dice.below(20) } : {};
  const last = pieces.length - 1;
  const endsApart = pieces.length === 0 || dice.chance(30);
  const steps = pieces.map((piece, index): Step => () => [
    data(streamId, piece, { endStream: endStream && !endsApart && index === last, ...padding() }),
  ]);
  if (endStream && endsApart) {
    steps.push(() => [data(streamId, undefined, { endStream: true })]);
  }
  return steps;
}

/** Leaves room for padding. */
function cutToFrames(piece: Uint8Array): Uint8Array[] {
  const length = Math.ceil(piece.length / MAX_DATA_OCTETS);
  return Array.from(
    { length },
    (_, index) => piece.subarray(index * MAX_DATA_OCTETS, (index + 1) * MAX_DATA_OCTETS),
  );
}

/** Mixes the calls of one connection, opened in their order, and frames of the connection's own. */
function interleave(dice: Dice, calls: readonly Step[][]): Step[] {
  const steps: Step[] = [];
  const open: Step[][] = [];
  let opened = 0;
  while (open.length > 0 || opened < calls.length) {
    if (opened < calls.length && (open.length === 0 || dice.chance(40))) {
      open.push(calls[opened++]);
    }
    const at = dice.below(open.length);
    const [step] = open[at].splice(0, 1);
    if (step !== undefined) steps.push(step);
    if (open[at].length === 0) open.splice(at, 1);
    const streamId = 2 * dice.below(opened) + 1;
    if (dice.chance(10)) steps.push(() => [connectionFrame(dice, streamId)]);
  }
  return steps;
}

/** A frame that says nothing of a call, or not much. */
function connectionFrame(dice: Dice, streamId: number): Uint8Array {
  switch (dice.below(9)) {
    case 0:
      return ping(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, dice.below(256)));
    case 1:
      return buildSettings(dice);
    case 2:
      return settingsAck();
    case 3:
      return windowUpdate(0, dice.chance(80) ? 1 + dice.below(100_000) : dice.uint32());
    case 4:
      return windowUpdate(streamId, dice.chance(80) ? 1 + dice.below(100_000) : dice.uint32());
    case 5:
      return frame(FRAME.PRIORITY, 0, streamId, Uint8Array.of(0, 0, 0, 0, 15));
    case 6:
      return frame(10 + dice.below(200), dice.below(256), dice.below(9), dice.octets(20));
    case 7:
      return dice.chance(80) ? settingsAck() : goaway(dice.below(9), dice.below(14), "bye");
    default:
      return rstStream(streamId, CODE.CANCEL);
  }
}

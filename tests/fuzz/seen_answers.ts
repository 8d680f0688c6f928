import { strict as assert } from "node:assert";
import { hasFlag, numberAt, type SeenFrame, withoutPadding } from "../support/seen_frames.ts";
import { CODE, concat, FLAG, FRAME, nameIn } from "../support/wire.ts";
import type { Allowance } from "./wire_model.ts";

/** What a server of ours sent on one stream. */
export interface SeenAnswer {
  readonly streamId: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  readonly httpStatus: string;
  /** Undefined if the answer is not complete, or not gRPC. */
  readonly status: number | undefined;
}

const DEFINED_CODES: ReadonlySet<number> = new Set(Object.values(CODE));
const NAME = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const VALUE = /^[^\0\r\n]*$/;
/** What tells of our inside: stack traces, files, names of what broke. */
const INTERNALS = /\bat .*:\d+|file:\/\/|\.[tj]s\b|TypeError|RangeError|undefined|\[object/;

/** Checks that frames of ours are such as may be sent, and tells the code of a GOAWAY if there was one. */
export function checkFrames(frames: readonly SeenFrame[]): { readonly goAwayCode?: number } {
  let goAwayCode: number | undefined;
  for (const frame of frames) {
    assert.ok(frame.type <= FRAME.CONTINUATION, `we sent a frame of type ${frame.type}`);
    if (frame.type === FRAME.RST_STREAM) checkCode("RST_STREAM", numberAt(frame, 0));
    if (frame.type === FRAME.GOAWAY) {
      const code = numberAt(frame, 4);
      checkCode("GOAWAY", code);
      checkText(new TextDecoder().decode(frame.payload.subarray(8)));
      if (code !== CODE.NO_ERROR || goAwayCode === undefined) goAwayCode = code;
    }
    for (const { name, value } of frame.fields ?? []) {
      assert.match(name, NAME);
      assert.match(value, VALUE);
    }
  }
  return goAwayCode === undefined ? {} : { goAwayCode };
}

/** Checks that we sent no more than we were let (RFC 9113 sections 4.2 and 5.2). */
export function checkAllowance(frames: readonly SeenFrame[], allowance: Allowance): void {
  const sent = new Map<number, number>();
  let total = 0;
  for (const { type, streamId, payload } of frames) {
    assert.ok(payload.length <= allowance.maxFrameOctets, `a frame of ${payload.length} octets`);
    if (type !== FRAME.DATA) continue;
    total += payload.length;
    sent.set(streamId, (sent.get(streamId) ?? 0) + payload.length);
  }
  assert.ok(total <= allowance.connectionOctets, "the connection's window holds");
  for (const [streamId, octets] of sent) {
    assert.ok(octets <= allowance.streamOctets(streamId), `the window of stream ${streamId} holds`);
  }
}

function checkCode(frame: string, code: number): void {
  assert.ok(DEFINED_CODES.has(code), `${frame} with the code ${code}`);
  assert.notEqual(code, CODE.INTERNAL_ERROR, `${frame} with INTERNAL_ERROR: something threw`);
}

/** A text that goes to the peer says nothing of our inside. */
export function checkText(text: string): void {
  assert.doesNotMatch(text, INTERNALS);
}

/** The answers among a server's frames, checked for their form (PROTOCOL-HTTP2, "Responses"). */
export function readAnswers(frames: readonly SeenFrame[]): SeenAnswer[] {
  const streams = new Map<number, SeenFrame[]>();
  for (const frame of frames) {
    if (frame.type !== FRAME.HEADERS && frame.type !== FRAME.DATA) continue;
    const list = streams.get(frame.streamId);
    if (list === undefined) streams.set(frame.streamId, [frame]);
    else list.push(frame);
  }
  return [...streams].map(([streamId, list]) => readAnswer(streamId, list));
}

function readAnswer(streamId: number, frames: readonly SeenFrame[]): SeenAnswer {
  const [head] = frames;
  assert.equal(head.type, FRAME.HEADERS, "an answer begins with its head");
  const ends = frames.map((frame) => hasFlag(frame, FLAG.END_STREAM));
  assert.ok(!ends.slice(0, -1).includes(true), "nothing follows END_STREAM");
  const heads = frames.filter(({ type }) => type === FRAME.HEADERS);
  assert.ok(heads.length <= 2, "there is one head, and trailers");
  if (heads.length === 2) assert.ok(ends.at(-1), "trailers end the stream");
  const fields = new Map(
    heads.flatMap(({ fields = [] }) => fields.map(({ name, value }) => [name, value] as const)),
  );
  const httpStatus = fields.get(":status") ?? "";
  assert.match(httpStatus, /^(?:200|405|415|431)$/);
  const status = fields.get("grpc-status");
  const isComplete = ends.at(-1) === true;
  if (isComplete && httpStatus === "200") assert.match(status ?? "none", /^(?:\d|1[0-6])$/);
  const message = fields.get("grpc-message") ?? "";
  assert.match(message, /^[\x20-\x7e]*$/);
  checkText(message);
  return {
    streamId,
    fields,
    httpStatus,
    body: concat(frames.filter(({ type }) => type === FRAME.DATA).map(withoutPadding)),
    status: status === undefined ? undefined : Number(status),
  };
}

/** For tallies: `GOAWAY PROTOCOL_ERROR`. */
export function codeName(code: number): string {
  return nameIn(CODE, code);
}

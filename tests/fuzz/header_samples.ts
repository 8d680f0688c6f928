import { ByteBuffer } from "../../rpc/http2/mod.ts";
import { HpackEncoder } from "../../rpc/http2/hpack/mod.ts";
import { continuation, type Fields, FLAG, FRAME, frame, headersLiteral } from "../support/wire.ts";
import type { Dice } from "./dice.ts";

const NAME_LETTERS = "abz09-_.";
const VALUE_LETTERS = 'aZ09 %,=;+/\t"é\u0000\r~';
const BASE64_LETTERS = "AZaz09+/=,-_ ";

/** Names that mean something to somebody. */
const KNOWN_NAMES = [
  "grpc-timeout",
  "grpc-encoding",
  "grpc-accept-encoding",
  "grpc-status",
  "grpc-message",
  "grpc-status-details-bin",
  "grpc-tags-bin",
  "content-type",
  "content-length",
  "te",
  "host",
  "user-agent",
  "connection",
  "cookie",
  "authorization",
  "__proto__",
  "constructor-bin",
  ":path",
  ":status",
  "",
] as const;

const KNOWN_VALUES = [
  "",
  "0",
  "1",
  "17",
  "-1",
  "1S",
  "99999999H",
  "0n",
  "123456789m",
  "gzip",
  "identity",
  "deflate",
  "application/grpc+proto",
  "trailers",
  "%",
  "%E2%98%BA%zz%",
  "AQID",
  "AQI=,AQ==,!",
] as const;

/** A field as no specification foresees it. */
export function oddField(dice: Dice): readonly [string, string] {
  if (dice.chance(30)) {
    return [`x-${dice.text(6, NAME_LETTERS)}-bin`, dice.text(12, BASE64_LETTERS)];
  }
  const name = dice.chance(50) ? dice.pick(KNOWN_NAMES) : `x-${dice.text(8, NAME_LETTERS)}`;
  const value = dice.chance(60) ? dice.pick(KNOWN_VALUES) : dice.text(12, VALUE_LETTERS);
  return [name, value];
}

/** Metadata as it should be. */
export function goodField(dice: Dice): readonly [string, string] {
  return dice.chance(70)
    ? [`x-${dice.text(4, "abc-_.09")}`, dice.text(20, "abc XYZ 019 ~")]
    : ["x-sample-bin", btoa(String.fromCharCode(...dice.octets(12))).replaceAll("=", "")];
}

/** A field list with good metadata, and sometimes one odd change. */
export function varyFields(fields: Fields, dice: Dice): Fields {
  const varied = [...fields];
  for (let count = dice.below(3); count > 0; count--) varied.push(goodField(dice));
  if (!dice.chance(15)) return varied;
  const at = dice.below(varied.length);
  switch (dice.below(4)) {
    case 0:
      varied.splice(at, 1);
      break;
    case 1:
      varied[at] = [varied[at][0], oddField(dice)[1]];
      break;
    case 2:
      varied.splice(at, 0, oddField(dice));
      break;
    case 3:
      varied.push(oddField(dice));
      break;
  }
  return varied;
}

/** Turns field lists into frames, for one direction of one connection. */
export class HeaderWriter {
  readonly #dice: Dice;
  readonly #hpack: HpackEncoder | undefined;

  constructor(dice: Dice) {
    this.#dice = dice;
    this.#hpack = dice.chance(60) ? new HpackEncoder() : undefined;
  }

  /** HEADERS, with what may come with it: padding, priority, CONTINUATIONs. */
  write(streamId: number, fields: Fields, endStream: boolean): Uint8Array[] {
    const dice = this.#dice;
    const block = this.encode(fields);
    const split = dice.chance(10) ? dice.below(block.length + 1) : block.length;
    const isPadded = dice.chance(10);
    const hasPriority = dice.chance(5);
    const payload = Uint8Array.of(
      ...(isPadded ? [3] : []),
      ...(hasPriority ? [0, 0, 0, 0, 15] : []),
      ...block.subarray(0, split),
      ...(isPadded ? [0, 0, 0] : []),
    );
    const flags = (endStream ? FLAG.END_STREAM : 0) | (isPadded ? FLAG.PADDED : 0) |
      (hasPriority ? FLAG.PRIORITY : 0);
    if (split === block.length) {
      return [frame(FRAME.HEADERS, flags | FLAG.END_HEADERS, streamId, payload)];
    }
    return [
      frame(FRAME.HEADERS, flags, streamId, payload),
      continuation(streamId, block.subarray(split)),
    ];
  }

  encode(fields: Fields): Uint8Array {
    if (this.#hpack === undefined || fields.some(([, value]) => /[\u0100-\uffff]/.test(value))) {
      return headersLiteral(fields);
    }
    const out = new ByteBuffer();
    this.#hpack.encode(fields.map(([name, value]) => ({ name, value })), out);
    return out.view().slice();
  }
}

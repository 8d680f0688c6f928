import type { ByteBuffer } from "./http2/mod.ts";

/** Reads the message in octets `start` to `end` where it lies: gives what the decoder makes of a view of them. */
export type InPlaceDecode<Message> = (bytes: Uint8Array, start: number, end: number) => Message;

/**
 * Appends `prefixOctets`, which the caller fills in, and a message: the octets that the encoder gives. Returns how many
 * those are; -1, and nothing appended, for a message that the encoder is to have.
 *
 * Who makes a message may run while it is read, and write to the same output: nothing is appended before it is all read,
 * nor when that throws.
 */
export type InPlaceEncode<Message> = (
  message: Message,
  out: ByteBuffer,
  prefixOctets: number,
) => number;

type Decode = (bytes: Uint8Array) => unknown;
type Encode = (message: never) => Uint8Array;

// By the function that they stand for, and not beside it in its definition: whoever wraps a codec, to change messages or
// to look at them, gets a function that has no other form, and so cannot be passed by.
const DECODERS = new WeakMap<Decode, InPlaceDecode<never>>();
const ENCODERS = new WeakMap<Encode, InPlaceEncode<never>>();

/** Names the form of a decoder that needs no view for each message. */
export function setInPlaceDecoder<Message>(
  decode: (bytes: Uint8Array) => Message,
  inPlace: InPlaceDecode<Message>,
): void {
  DECODERS.set(decode, inPlace as InPlaceDecode<never>);
}

/** That form, for codecs that have one. */
export function findInPlaceDecoder<Message>(
  decode: (bytes: Uint8Array) => Message,
): InPlaceDecode<Message> | undefined {
  // It was set with the same function, and so for the same messages.
  return DECODERS.get(decode) as InPlaceDecode<Message> | undefined;
}

/** Names the form of an encoder that needs no array for each message. */
export function setInPlaceEncoder<Message>(
  encode: (message: Message) => Uint8Array,
  inPlace: InPlaceEncode<Message>,
): void {
  ENCODERS.set(encode, inPlace as InPlaceEncode<never>);
}

/** That form, for codecs that have one. */
export function findInPlaceEncoder<Message>(
  encode: (message: Message) => Uint8Array,
): InPlaceEncode<Message> | undefined {
  return ENCODERS.get(encode) as InPlaceEncode<Message> | undefined;
}

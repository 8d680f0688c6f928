import { strict as assert } from "node:assert";
import { readMetadata, writeMetadata } from "../../rpc/wire_metadata.ts";
import { decodeBase64, encodeBase64 } from "../../rpc/base64.ts";
import type { HeaderField } from "../../rpc/http2/mod.ts";
import { Metadata, parseTarget, RpcError } from "../../rpc/mod.ts";
import { decodeStatusMessage, encodeStatusMessage } from "../../rpc/status_message.ts";
import { decodeTimeout, encodeTimeout } from "../../rpc/timeout.ts";
import type { Dice } from "./dice.ts";
import { goodField, oddField } from "./header_samples.ts";
import type { FuzzLayer, Tally } from "./layer.ts";

/** The texts of gRPC's header fields, and the target of a channel: read for what they are, or refused. */
export function createTextLayer(share: number): FuzzLayer {
  return { name: "texts", share, run: (dice, tally) => dice.pick(PARTS)(dice, tally) };
}

const PARTS: readonly ((dice: Dice, tally: Tally) => void)[] = [
  readStatusMessage,
  repeatStatusMessage,
  readTimeout,
  repeatBase64,
  repeatMetadata,
  readOddMetadata,
  readTarget,
];

function readStatusMessage(dice: Dice, tally: Tally): void {
  const encoded = dice.text(20, "%%%0aAFf9E2é ☺~");
  const message = decodeStatusMessage(encoded);
  // Nothing is lost: what is no escape stands there still.
  const plain = encoded.replace(/%[0-9a-fA-F]{2}/g, "").replace(/[^\x20-\x7e]/g, "");
  let at = 0;
  for (const character of plain) {
    at = message.indexOf(character, at) + 1;
    assert.ok(at > 0, `${JSON.stringify(encoded)} lost ${character}`);
  }
  tally.add("texts: status message");
}

function repeatStatusMessage(dice: Dice, tally: Tally): void {
  const message = dice.text(20, "ab %\t\n\u0000é☺😈\u007f~");
  const encoded = encodeStatusMessage(message);
  assert.match(encoded, /^[\x20-\x7e]*$/);
  assert.equal(decodeStatusMessage(encoded), message);
  tally.add("texts: status message");
}

function readTimeout(dice: Dice, tally: Tally): void {
  const text = dice.text(9, "0123456789") + dice.pick([..."HMSmun", "", "s", " ", "m\n"]);
  const timeoutMs = decodeTimeout(text);
  const isValid = /^[0-9]{1,8}[HMSmun]$/.test(text);
  assert.equal(timeoutMs !== undefined, isValid, text);
  const anyMs = dice.uint32() * dice.pick([0.001, 1, 1000, 1e9]);
  const decoded = decodeTimeout(encodeTimeout(anyMs)) ?? -1;
  const longestMs = 99_999_999 * 3_600_000;
  assert.ok(decoded >= Math.min(anyMs, longestMs), `${anyMs} ms were shortened to ${decoded}`);
  tally.add(isValid ? "texts: timeout" : "texts: no timeout");
}

function repeatBase64(dice: Dice, tally: Tally): void {
  const octets = dice.octets(20);
  for (const padded of [false, true]) {
    assert.deepEqual(decodeBase64(encodeBase64(octets, { padded })), octets);
  }
  tally.add("texts: base64");
}

function repeatMetadata(dice: Dice, tally: Tally): void {
  const metadata = new Metadata();
  for (let count = dice.below(6); count > 0; count--) {
    const [name, value] = goodField(dice);
    if (name.endsWith("-bin")) metadata.add(name, dice.octets(9));
    else metadata.add(name, value);
  }
  const fields: HeaderField[] = [];
  writeMetadata(metadata, fields);
  assert.deepEqual([...readMetadata(fields)], [...metadata]);
  tally.add("texts: metadata");
}

function readOddMetadata(dice: Dice, tally: Tally): void {
  const fields = Array.from({ length: dice.below(6) }, () => {
    const [name, value] = oddField(dice);
    return { name, value };
  });
  try {
    const back: HeaderField[] = [];
    writeMetadata(readMetadata(fields), back);
    for (const { name, value } of back) {
      assert.match(name, /^[0-9a-z_.-]+$/);
      assert.match(value, /^[\t\x20-\x7e\x80-\xff]*$/);
    }
    tally.add("texts: odd metadata");
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    tally.add("texts: refused metadata");
  }
}

function readTarget(dice: Dice, tally: Tally): void {
  const text = dice.text(16, "a1:/.[]%-_@ unix:dns:localhost80");
  try {
    const { address } = parseTarget(text);
    if (address.kind === "tcp") assert.ok(address.port > 0 && address.port < 65_536, text);
    tally.add("texts: target");
  } catch (error) {
    assert.equal(Object.getPrototypeOf(error), Error.prototype, `${error}`);
    tally.add("texts: refused target");
  }
}

/** What the tests with hostile peers share. */
import { strict as assert } from "node:assert";
import { CODE, concat } from "../../support/wire.ts";
import type { Rig } from "./rig.ts";

/** Octets of an empty payload. */
export const EMPTY = new Uint8Array(0);

/** What `build` makes for each index, joined. */
export function repeat(count: number, build: (index: number) => Uint8Array): Uint8Array {
  return concat(Array.from({ length: count }, (_, index) => build(index)));
}

/** The ids of a client's streams: 1, 3, 5, … */
export function streamIdAt(index: number): number {
  return 2 * index + 1;
}

/** Waits until our reader has taken all that came, or stopped. */
export async function untilQuiet(rig: Rig): Promise<void> {
  for (let quietTurns = 0, before = -1; quietTurns < 100; quietTurns++) {
    const unread = rig.peerSocket.unreadOctets;
    if (unread !== before) quietTurns = 0;
    before = unread;
    await Promise.resolve();
  }
}

/** Expects GOAWAY with ENHANCE_YOUR_CALM and this text. */
export async function expectCalm(rig: Rig, debug: string): Promise<void> {
  const goAway = await rig.peer.expectGoAway(CODE.ENHANCE_YOUR_CALM);
  assert.equal(goAway.debug, debug);
  await rig.peer.expectClosed();
}

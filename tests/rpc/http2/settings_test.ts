import { strict as assert } from "node:assert";
import { applySettings, createPeerSettings, decodeSettings } from "../../../rpc/http2/settings.ts";
import { SETTING, settings } from "../../support/wire.ts";

function payload(entries: readonly (readonly [number, number])[]): Uint8Array {
  return settings(entries).subarray(9);
}

Deno.test("decodeSettings() reads entries in order, those it does not know as well", () => {
  const entries = [[SETTING.MAX_FRAME_SIZE, 16_384], [0xabcd, 0xffff_ffff], [
    SETTING.INITIAL_WINDOW_SIZE,
    0,
  ]] as const;
  assert.deepEqual(
    decodeSettings(payload(entries), 32),
    entries.map(([id, value]) => ({ id, value })),
  );
  assert.deepEqual(decodeSettings(new Uint8Array(0), 32), []);
});

Deno.test("decodeSettings() reads from the middle of a buffer", () => {
  const wire = settings([[SETTING.ENABLE_PUSH, 1]]);
  assert.deepEqual(decodeSettings(wire.subarray(9), 1), [{ id: SETTING.ENABLE_PUSH, value: 1 }]);
});

/** A row per rule of RFC 9113 section 6.5.2. */
const RANGES: readonly (readonly [
  setting: keyof typeof SETTING,
  taken: readonly number[],
  refused: readonly number[],
  code: string,
])[] = [
  ["HEADER_TABLE_SIZE", [0, 0xffff_ffff], [], ""],
  ["ENABLE_PUSH", [0, 1], [2, 0xffff_ffff], "PROTOCOL_ERROR"],
  ["MAX_CONCURRENT_STREAMS", [0, 0xffff_ffff], [], ""],
  ["INITIAL_WINDOW_SIZE", [0, 0x7fff_ffff], [0x8000_0000, 0xffff_ffff], "FLOW_CONTROL_ERROR"],
  ["MAX_FRAME_SIZE", [16_384, 0xff_ffff], [0, 16_383, 0x100_0000], "PROTOCOL_ERROR"],
  ["MAX_HEADER_LIST_SIZE", [0, 0xffff_ffff], [], ""],
];

for (const [setting, taken, refused, code] of RANGES) {
  Deno.test(`decodeSettings() checks ${setting}`, () => {
    for (const value of taken) {
      const entries = decodeSettings(payload([[SETTING[setting], value]]), 32);
      assert.deepEqual(entries, [{ id: SETTING[setting], value }]);
    }
    for (const value of refused) {
      assert.throws(() => decodeSettings(payload([[SETTING[setting], value]]), 32), {
        codeName: code,
        message: `Cannot take the setting ${setting}: ${value} is out of range`,
      });
    }
  });
}

Deno.test("decodeSettings() refuses a payload that is no multiple of 6", () => {
  assert.throws(() => decodeSettings(new Uint8Array(7), 32), { codeName: "FRAME_SIZE_ERROR" });
});

Deno.test("decodeSettings() refuses more entries than allowed", () => {
  const entries = Array.from({ length: 33 }, () => [0xabcd, 0] as const);
  assert.equal(decodeSettings(payload(entries.slice(1)), 32).length, 32);
  assert.throws(() => decodeSettings(payload(entries), 32), { codeName: "ENHANCE_YOUR_CALM" });
});

Deno.test("applySettings() stores what concerns us; later entries win", () => {
  const peer = createPeerSettings();
  applySettings(peer, [
    { id: SETTING.HEADER_TABLE_SIZE, value: 1 },
    { id: SETTING.ENABLE_PUSH, value: 1 },
    { id: SETTING.MAX_CONCURRENT_STREAMS, value: 2 },
    { id: SETTING.INITIAL_WINDOW_SIZE, value: 3 },
    { id: SETTING.MAX_FRAME_SIZE, value: 20_000 },
    { id: SETTING.MAX_HEADER_LIST_SIZE, value: 5 },
    { id: 0xabcd, value: 6 },
    { id: SETTING.INITIAL_WINDOW_SIZE, value: 7 },
  ]);
  assert.deepEqual(peer, {
    headerTableOctets: 1,
    maxConcurrentStreams: 2,
    initialWindowOctets: 7,
    maxFrameOctets: 20_000,
    maxHeaderListOctets: 5,
  });
});

Deno.test("createPeerSettings() has the initial values of RFC 9113 section 6.5.2", () => {
  assert.deepEqual(createPeerSettings(), {
    headerTableOctets: 4096,
    maxConcurrentStreams: Infinity,
    initialWindowOctets: 65_535,
    maxFrameOctets: 16_384,
    maxHeaderListOctets: Infinity,
  });
});

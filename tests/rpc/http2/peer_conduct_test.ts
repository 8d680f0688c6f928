import { strict as assert } from "node:assert";
import { resolveLimits } from "../../../rpc/http2/limits.ts";
import { PeerConduct } from "../../../rpc/http2/peer_conduct.ts";
import { FakeClock } from "../../support/fake_clock.ts";

function create(limits: Parameters<typeof resolveLimits>[0] = {}) {
  const clock = new FakeClock();
  return { clock, conduct: new PeerConduct(resolveLimits(limits), () => clock.now()) };
}

const BUCKETS = [
  ["resetReceived", "resetsReceived", "too_many_resets"],
  ["resetSent", "resetsSent", "too_many_internal_resets"],
  ["oddFrame", "oddFrames", "too_many_odd_frames"],
] as const;

for (const [event, limit, debug] of BUCKETS) {
  const refusal = { codeName: "ENHANCE_YOUR_CALM", scope: "connection", message: debug };

  Deno.test(`PeerConduct lets a burst of ${event}() pass, then refuses`, () => {
    const { conduct } = create({ [limit]: { burst: 5, perSecond: 2 } });
    for (let count = 0; count < 5; count++) conduct[event]();
    assert.throws(() => conduct[event](), refusal);
  });

  Deno.test(`PeerConduct lets ${event}() pass at its rate for ever`, () => {
    const { conduct, clock } = create({ [limit]: { burst: 5, perSecond: 2 } });
    for (let count = 0; count < 1000; count++) {
      clock.advance(500);
      conduct[event]();
    }
  });

  Deno.test(`PeerConduct refuses ${event}() above its rate`, () => {
    const { conduct, clock } = create({ [limit]: { burst: 5, perSecond: 2 } });
    assert.throws(() => {
      for (let count = 0; count < 1000; count++) {
        clock.advance(400);
        conduct[event]();
      }
    }, refusal);
  });

  Deno.test(`PeerConduct saves up no more ${event}() than the burst`, () => {
    const { conduct, clock } = create({ [limit]: { burst: 5, perSecond: 2 } });
    clock.advance(3_600_000);
    for (let count = 0; count < 5; count++) conduct[event]();
    assert.throws(() => conduct[event](), refusal);
  });
}

Deno.test("PeerConduct refuses empty DATA above the limit, however slowly it comes", () => {
  const { conduct, clock } = create({ maxEmptyData: 3 });
  for (let count = 0; count < 3; count++) conduct.emptyData();
  clock.advance(3_600_000);
  assert.throws(() => conduct.emptyData(), {
    codeName: "ENHANCE_YOUR_CALM",
    message: "too_many_data_frames",
  });
});

Deno.test("PeerConduct takes as many WINDOW_UPDATEs as streams, DATA frames and their messages explain", () => {
  const { conduct } = create();
  conduct.streamsOpened = 3;
  for (let count = 0; count < 4; count++) conduct.sentData(25);
  for (let count = 0; count < 5 + 2 * (3 + 10 * 4 + 4 * 25 / 5); count++) conduct.windowUpdate();
  assert.throws(() => conduct.windowUpdate(), {
    codeName: "ENHANCE_YOUR_CALM",
    message: "too_many_window_updates",
  });
});

const POLICY = { minIntervalMs: 1000, minIdleIntervalMs: 60_000, maxStrikes: 2 };
const TOO_MANY_PINGS = { codeName: "ENHANCE_YOUR_CALM", message: "too_many_pings" };

Deno.test("PeerConduct answers any number of PINGs without a policy", () => {
  const { conduct } = create();
  for (let count = 0; count < 1000; count++) conduct.ping(0);
});

Deno.test("PeerConduct forgives two early PINGs, not three", () => {
  const { conduct } = create({ pings: POLICY });
  for (let count = 0; count < 3; count++) conduct.ping(1);
  assert.throws(() => conduct.ping(1), TOO_MANY_PINGS);
});

Deno.test("PeerConduct takes PINGs that keep the interval", () => {
  const { conduct, clock } = create({ pings: POLICY });
  for (let count = 0; count < 100; count++) {
    conduct.ping(1);
    clock.advance(1000);
  }
});

Deno.test("PeerConduct asks for a longer interval while no stream is open", () => {
  const { conduct, clock } = create({ pings: POLICY });
  assert.throws(() => {
    for (let count = 0; count < 4; count++) {
      conduct.ping(0);
      clock.advance(1000);
    }
  }, TOO_MANY_PINGS);
});

Deno.test("PeerConduct forgets strikes when we send something", () => {
  const { conduct } = create({ pings: POLICY });
  for (let count = 0; count < 100; count++) {
    conduct.ping(1);
    conduct.ping(1);
    conduct.ping(1);
    conduct.sentSomething();
  }
});

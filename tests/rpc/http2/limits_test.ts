import { strict as assert } from "node:assert";
import { DEFAULT_LIMITS, resolveLimits } from "../../../rpc/http2/limits.ts";
import { Metadata } from "../../../rpc/metadata.ts";
import { Status } from "../../../rpc/status.ts";
import { startTestServer } from "../support/start_test_server.ts";
import { follow } from "../support/test_service.ts";
import { testTimed } from "../support/test_timed.ts";

Deno.test("resolveLimits() lets the header lists of open streams grow with what is allowed", () => {
  const cases = [
    { limits: {}, wanted: DEFAULT_LIMITS.maxOpenHeaderOctets },
    { limits: { maxHeaderListOctets: 65_536 }, wanted: 50 * 65_536 },
    { limits: { maxConcurrentStreams: 1000 }, wanted: 500 * 16_384 },
    { limits: { maxConcurrentStreams: 1 }, wanted: 16_384 },
    { limits: { maxConcurrentStreams: 1000, maxOpenHeaderOctets: 5 }, wanted: 5 },
  ];
  for (const { limits, wanted } of cases) {
    assert.equal(resolveLimits(limits).maxOpenHeaderOctets, wanted, JSON.stringify(limits));
  }
});

const MANY_CALLS = [
  { maxStreams: 100, maxHeaderListOctets: 16_384, metadataOctets: 7_500 },
  { maxStreams: 100, maxHeaderListOctets: 65_536, metadataOctets: 30_000 },
  { maxStreams: 500, maxHeaderListOctets: 16_384, metadataOctets: 3_000 },
];
for (const { maxStreams, maxHeaderListOctets, metadataOctets } of MANY_CALLS) {
  const name = `${maxStreams} calls with ${metadataOctets} of ${maxHeaderListOctets} octets`;
  testTimed(`No call is refused among ${name} of metadata each`, async () => {
    const all = Promise.withResolvers<void>();
    let open = 0;
    await using t = startTestServer(async function* () {
      if (++open === maxStreams) all.resolve();
      await all.promise;
      yield "here";
    }, { server: { maxStreams, limits: { maxHeaderListOctets } } });
    const metadata = Metadata.of({ "x-token": "x".repeat(metadataOctets) });
    await t.channel.connect();
    const outcomes = await Promise.all(
      Array.from({ length: maxStreams }, () => follow(t.channel, "Unary", ["a"], { metadata })),
    );
    for (const { status } of outcomes) assert.equal(status.code, Status.OK, status.message);
  });
}

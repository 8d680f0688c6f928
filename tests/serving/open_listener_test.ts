import assert from "node:assert/strict";
import { formatAddress } from "../../rpc/mod.ts";
import { chooseAddress } from "../../serving/open_listener.ts";

Deno.test("chooseAddress() takes IPv6 with and without brackets", () => {
  for (const host of ["::1", "[::1]"]) {
    const address = chooseAddress({ host, port: 8061 });
    assert.deepEqual(address, { kind: "tcp", hostname: "::1", port: 8061 });
    assert.equal(formatAddress(address), "[::1]:8061");
  }
});

import assert from "node:assert/strict";
import { CertificateError, parseHostNames } from "../../certificates/mod.ts";

Deno.test("parseHostNames() tells names from addresses and brings them into one form", () => {
  const rows: readonly (readonly [text: string, type: "dns" | "ip", value: string])[] = [
    ["localhost", "dns", "localhost"],
    ["Broker.Example.", "dns", "broker.example"],
    ["*.example.com", "dns", "*.example.com"],
    ["sensor_1", "dns", "sensor_1"],
    ["bücher.example", "dns", "xn--bcher-kva.example"],
    ["4you", "dns", "4you"],
    ["127.0.0.1", "ip", "127.0.0.1"],
    ["255.10.0.99", "ip", "255.10.0.99"],
    ["::1", "ip", "::1"],
    ["[2001:0DB8::0:1]", "ip", "2001:db8::1"],
    ["::ffff:1.2.3.4", "ip", "::ffff:102:304"],
  ];
  for (const [text, type, value] of rows) {
    assert.deepEqual(parseHostNames(text), [{ type, value }], text);
  }
  assert.deepEqual(
    parseHostNames("localhost, ::1,LOCALHOST,0:0::1").map(({ value }) => value),
    ["localhost", "::1"],
  );
});

Deno.test("parseHostNames() refuses what a server cannot be called, and quotes it", () => {
  const wrong = [
    ...[
      "",
      "a,,b",
      "a b",
      "localhost:80",
      "http://a",
      "a/b",
      "x@y",
      "-a",
      "a-",
      "a..b",
      "*",
      "a.*",
    ],
    ...["1.2.3", "1.2.3.256", "01.2.3.4", "0x7f.1", "fe80::1%eth0", ":::", "[::1", "a".repeat(64)],
    `${"a.".repeat(127)}a`,
  ];
  for (const text of wrong) {
    assert.throws(() => parseHostNames(text), CertificateError, text);
  }
  assert.throws(() => parseHostNames("ok,localhost:80"), /for "localhost:80": .*without ports/);
});

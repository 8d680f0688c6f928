import { strict as assert } from "node:assert";
import { parseTarget } from "../../rpc/target.ts";
import { formatAddress } from "../../rpc/transport.ts";

const TARGETS = [
  ["localhost:8061", "localhost:8061", undefined, "localhost:8061"],
  ["127.0.0.1:1", "127.0.0.1:1", undefined, "127.0.0.1:1"],
  [":8061", "localhost:8061", undefined, "localhost:8061"],
  ["[::1]:8061", "[::1]:8061", undefined, "[::1]:8061"],
  ["http://example.test", "example.test:80", false, "example.test:80"],
  ["http://example.test:8061/", "example.test:8061", false, "example.test:8061"],
  ["https://example.test", "example.test:443", true, "example.test:443"],
  ["https://[2001:db8::1]:65535", "[2001:db8::1]:65535", true, "[2001:db8::1]:65535"],
  ["grpc://example.test:8061", "example.test:8061", undefined, "example.test:8061"],
  ["unix:/run/broker.sock", "unix:/run/broker.sock", undefined, "localhost"],
  ["unix:relative.sock", "unix:relative.sock", undefined, "localhost"],
  ["unix:///run/broker.sock", "unix:/run/broker.sock", undefined, "localhost"],
] as const;

for (const [text, address, tls, authority] of TARGETS) {
  Deno.test(`parseTarget() reads ${text}`, () => {
    const target = parseTarget(text);
    assert.equal(formatAddress(target.address), address);
    assert.deepEqual([target.tls, target.authority, target.text], [tls, authority, text]);
  });
}

const BAD = [
  "",
  "localhost",
  "localhost:",
  "localhost:0",
  "localhost:65536",
  "localhost:123456",
  "localhost:port",
  "host name:1",
  "::1:8061",
  "ftp://host:1",
  "http://",
  "http://host:1/path",
  "grpc://host",
  "unix:",
];

for (const text of BAD) {
  Deno.test(`parseTarget() refuses "${text}" and quotes it`, () => {
    assert.throws(() => parseTarget(text), {
      message: `Cannot read the target "${text}": it is neither host:port nor unix:/path, ` +
        "as in localhost:8061",
    });
  });
}

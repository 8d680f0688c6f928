import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readProtosets } from "../../connecting/mod.ts";
import { encodeFiles } from "../schema/encode_protoset.ts";
import { temporaryFolder } from "../support/broker.ts";

const SET = encodeFiles({ name: "a.proto", messageType: [{ name: "A" }] });

Deno.test("readProtosets() reads sets, packed or not, each once", async () => {
  await using folder = await temporaryFolder();
  const [plain, packed] = ["a.binpb", "a.binpb.gz"].map((name) => `${folder.path}/${name}`);
  await Deno.writeFile(plain, SET);
  await Deno.writeFile(packed, gzipSync(SET));
  const { source, files } = await readProtosets([plain, packed, plain]);
  assert.equal(source, `${plain}, ${packed}`);
  assert.deepEqual([...files.keys()], ["a.proto"]);
});

Deno.test("readProtosets() says why a set cannot be read, and stops at one that is too large", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/set`;
  await assert.rejects(readProtosets([path]), {
    message: `Cannot read "${path}": there is no such file`,
  });
  await assert.rejects(readProtosets([folder.path]), {
    message: `Cannot read "${folder.path}": it is a directory`,
  });
  await Deno.writeFile(path, gzipSync(SET).subarray(0, 20));
  await assert.rejects(readProtosets([path]), /^CommandError: Cannot read ".*set": .*cut off/);
  await Deno.writeFile(path, gzipSync(new Uint8Array(129 * 1024 * 1024)));
  await assert.rejects(readProtosets([path]), {
    message: `Cannot use "${path}": it has more than 128 MiB; make a set of fewer files`,
  });
});

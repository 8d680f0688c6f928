import assert from "node:assert/strict";
import { CommandError } from "../../cli/mod.ts";
import { readToken } from "../../connecting/mod.ts";
import { temporaryFolder } from "../support/broker.ts";

Deno.test("readToken() takes the one line that is neither blank nor a comment", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/token`;
  for (const text of ["s3cr.t~", "s3cr.t~\n", "# for the lab\r\n\r\n  s3cr.t~  \r\n"]) {
    await Deno.writeTextFile(path, text);
    assert.equal(await readToken(path), "s3cr.t~");
  }
});

Deno.test("readToken() refuses a file that holds no token, and never repeats what it holds", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/token`;
  const rows: readonly (readonly [text: string, reason: string])[] = [
    ["", "it holds no token; write one on a line of its own"],
    ["# none yet\n\n", "it holds no token; write one on a line of its own"],
    ["hunter1\nhunter2\n", "it holds 2 tokens; a client has one"],
    ["hunter 2\n", "a token is printable ASCII without spaces"],
    ["hünter2\n", "a token is printable ASCII without spaces"],
  ];
  for (const [text, reason] of rows) {
    await Deno.writeTextFile(path, text);
    await assert.rejects(readToken(path), (error: Error) => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.message, `Cannot use --token-file "${path}": ${reason}`);
      assert.doesNotMatch(error.message, /h.nter/);
      return true;
    });
  }
  await assert.rejects(readToken(`${folder.path}/none`), /there is no such file/);
});

import assert from "node:assert/strict";
import { CommandError } from "../../cli/command_error.ts";
import { type InputFile, openInput } from "../../cli/input_file.ts";
import { testIo } from "../../cli/test_io.ts";
import { temporaryFolder } from "../support/broker.ts";
import { withTimeout } from "../support/with_timeout.ts";

async function readText(input: InputFile): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of input.chunks) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

Deno.test("openInput() reads a file to its end, in chunks", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/long.csv`;
  const long = "1,2,3\n".repeat(100_000);
  await Deno.writeTextFile(path, long);
  const input = await openInput(path, testIo());
  assert.equal(await readText(input), long);
  await input.close();
  await input.close();
});

Deno.test("openInput() reads an empty file and an empty stdin", async () => {
  for (const path of ["/dev/null", "-"]) {
    const input = await openInput(path, testIo());
    assert.equal(await readText(input), "");
    await input.close();
  }
});

Deno.test("openInput() takes - for stdin", async () => {
  const input = await openInput("-", testIo({ stdin: "id\n1\n" }));
  assert.equal(await readText(input), "id\n1\n");
  await input.close();
});

Deno.test("openInput() closes a file that is not read, or not to its end", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/long.csv`;
  await Deno.writeTextFile(path, "1,2,3\n".repeat(100_000));
  const unread = await openInput(path, testIo());
  await unread.close();
  const begun = await openInput(path, testIo());
  for await (const chunk of begun.chunks) {
    assert.ok(chunk.length > 0);
    break;
  }
  await begun.close();
});

Deno.test("openInput() lets go of a stdin that says nothing", async () => {
  let isCancelled = false;
  const stdin = new ReadableStream<Uint8Array>({ cancel: () => void (isCancelled = true) });
  const input = await openInput("-", testIo({ stdin }));
  const reading = readText(input);
  await withTimeout(input.close(), 1000, "the input to close");
  assert.equal(await withTimeout(reading, 1000, "the read to end"), "");
  assert.equal(isCancelled, true);
});

Deno.test("openInput() names a file that it cannot open", async (t) => {
  await using folder = await temporaryFolder();
  const rows: readonly (readonly [path: string, reason: string])[] = [
    [`${folder.path}/none.csv`, "there is no such file"],
    [folder.path, "it is a directory"],
  ];
  for (const [path, reason] of rows) {
    await t.step(reason, async () => {
      await assert.rejects(openInput(path, testIo()), (error) => {
        assert.ok(error instanceof CommandError);
        assert.equal(error.message, `Cannot read "${path}": ${reason}`);
        return true;
      });
    });
  }
});

Deno.test("openInput() says which input broke while it was read", async () => {
  const stdin = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Uint8Array.of(49)),
    pull: (controller) => controller.error(new Error("Input/output error (os error 5)")),
  });
  const input = await openInput("-", testIo({ stdin }));
  await assert.rejects(readText(input), {
    name: "CommandError",
    message: 'Cannot read "stdin": Input/output error',
  });
  await input.close();
});

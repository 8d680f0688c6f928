import { runBroker, temporaryFolder } from "../support/broker.ts";

/** A `.proto` that only wants its last brace. */
export const SERVICE = `syntax = "proto3";
package p;
message Question { int32 id = 1; double value = 2; }
message Verdict { int32 id = 1; bool good = 2; }
service Judge {
  rpc Ask(Question) returns (Verdict);
`;

/** All files below a folder and what they hold. */
export async function readTree(folder: string, prefix = ""): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${prefix}`)) {
    const path = prefix + name;
    if (isDirectory) {
      for (const [key, text] of await readTree(folder, `${path}/`)) files.set(key, text);
    } else files.set(path, await Deno.readTextFile(`${folder}/${path}`));
  }
  return files;
}

/** A folder with a `.proto` of a service `Judge` that has these further methods. */
export async function judge(...methods: readonly string[]) {
  const folder = await temporaryFolder();
  const proto = `${folder.path}/judge.proto`;
  const out = `${folder.path}/out`;
  const write = (...lines: readonly string[]) =>
    Deno.writeTextFile(proto, `${SERVICE}${lines.map((line) => `  ${line}\n`).join("")}}\n`);
  await write(...methods);
  const scaffold = (...args: readonly string[]) =>
    runBroker(["scaffold", proto, "--out", out, ...args]);
  return {
    proto,
    out,
    write,
    scaffold,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

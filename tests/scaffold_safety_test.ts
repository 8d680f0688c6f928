// `broker scaffold` must never cost its user a file, nor run what a file is called.
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { testIo } from "../cli/test_io.ts";
import { run } from "../main.ts";

const PROTO =
  'syntax = "proto3";\nmessage M { int32 a = 1; }\nservice S { rpc A(M) returns (M); }\n';

/** Runs `broker scaffold` in a temporary folder, with files in it. */
async function inFolder(
  files: Readonly<Record<string, string | Uint8Array>>,
  work: (scaffold: Scaffold, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) await writeFile(folder, name, content);
    await work(async (...args) => {
      const io = testIo();
      const paths = args.map((arg) => arg.startsWith("-") ? arg : join(folder, arg));
      const exitCode = await run(["scaffold", ...paths], io);
      return { exitCode, stderr: io.stderrText() };
    }, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

type Scaffold = (...args: string[]) => Promise<{ exitCode: number; stderr: string }>;

async function writeFile(
  folder: string,
  name: string,
  content: string | Uint8Array,
): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
  await Deno.writeFile(join(folder, name), bytes);
}

Deno.test("scaffold beside its .proto never removes that .proto, nor another one", async () => {
  const other = PROTO.replace("service S ", "service T ");
  await inFolder({ "a.proto": PROTO, "b.proto": other }, async (scaffold, folder) => {
    for (const name of ["a.proto", "b.proto"]) {
      const { exitCode, stderr } = await scaffold(name, "--out", ".");
      assert.equal(exitCode, 0, stderr);
    }
    assert.equal(await Deno.readTextFile(join(folder, "a.proto")), PROTO);
    assert.equal(await Deno.readTextFile(join(folder, "b.proto")), other);
  });
});

Deno.test("scaffold refuses a folder with a server.ts that it did not write", async () => {
  await inFolder({ "a.proto": PROTO, "server.ts": "mine\n" }, async (scaffold, folder) => {
    const { exitCode, stderr } = await scaffold("a.proto", "--out", ".");
    assert.equal(exitCode, 1);
    assert.match(stderr, /server\.ts": a file is there that broker scaffold did not write/);
    assert.equal(await Deno.readTextFile(join(folder, "server.ts")), "mine\n");
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["a.proto", "server.ts"]);
  });
});

Deno.test("scaffold says so where a merge has spoilt its manifest, and writes nothing", async () => {
  await inFolder({ "a.proto": PROTO }, async (scaffold, folder) => {
    assert.equal((await scaffold("a.proto", "--out", "out")).exitCode, 0);
    const path = join(folder, "out/gen/scaffold.json");
    const manifest = await Deno.readTextFile(path);
    await writeFile(folder, "out/gen/scaffold.json", `<<<<<<< HEAD\n${manifest}`);
    await writeFile(folder, "a.proto", PROTO.replace("(M); }", "(M); rpc B(M) returns (M); }"));
    for (const flags of [[], ["--force"]]) {
      const { exitCode, stderr } = await scaffold("a.proto", "--out", "out", ...flags);
      assert.equal(exitCode, 1);
      assert.match(stderr, /gen\/scaffold\.json is not as broker scaffold wrote it; take it from /);
    }
    assert.equal(await Deno.readTextFile(join(folder, "out/a.proto")), PROTO);
  });
});

Deno.test("scaffold leaves a server.ts that is not UTF-8 as it is, and says so", async () => {
  await inFolder({ "a.proto": PROTO }, async (scaffold, folder) => {
    assert.equal((await scaffold("a.proto", "--out", "out")).exitCode, 0);
    const path = join(folder, "out/server.ts");
    await Deno.writeFile(path, Uint8Array.of(0x2f, 0x2f, 0xe9, 0x0a), { append: true });
    const before = await Deno.readFile(path);
    await writeFile(folder, "a.proto", PROTO.replace("(M); }", "(M); rpc B(M) returns (M); }"));
    const { exitCode, stderr } = await scaffold("a.proto", "--out", "out");
    assert.equal(exitCode, 1);
    assert.match(stderr, /server\.ts": it is not UTF-8/);
    assert.deepEqual(await Deno.readFile(path), before);
  });
});

Deno.test("scaffold refuses file names that would mean something in a shell or in code", async () => {
  for (const name of ["$(touch pwned).proto", 'x\n";alert(1);".proto', "a b.proto"]) {
    await inFolder({ [name]: PROTO }, async (scaffold) => {
      const { exitCode, stderr } = await scaffold(name, "--out", "out");
      assert.equal(exitCode, 1);
      assert.match(stderr, /a file name may hold letters, digits and/);
    });
  }
});

Deno.test("scaffold never overwrites a copy that was edited and scaffolded in place", async () => {
  const files = {
    "a.proto": 'syntax = "proto3";\nimport "parts/m.proto";\nservice S { rpc A(M) returns (M); }\n',
    "parts/m.proto": 'syntax = "proto3";\nmessage M { int32 a = 1; }\n',
  };
  for (const name of ["a.proto", "parts/m.proto"] as const) {
    await inFolder(files, async (scaffold, folder) => {
      assert.equal((await scaffold("a.proto", "--out", "out")).exitCode, 0);
      const edited = `${files[name]}// mine\nmessage Mine {}\n`;
      await writeFile(folder, `out/${name}`, edited);
      const inPlace = await scaffold("out/a.proto", "--out", "out");
      assert.equal(inPlace.exitCode, 0, inPlace.stderr);
      for (const flags of [[], ["--dry-run"], ["--check"]]) {
        const { exitCode, stderr } = await scaffold("a.proto", "--out", "out", ...flags);
        const out = join(folder, "out");
        assert.deepEqual([exitCode, stderr], [
          1,
          `error: Cannot update "${out}/${name}" from "${
            join(folder, name)
          }": it was changed since it was ` +
          `copied; go on with the copy by broker scaffold "${out}/a.proto" --out "${out}", or let --force ` +
          "replace it and keep a .bak\n",
        ]);
        assert.equal(await Deno.readTextFile(join(out, name)), edited);
      }
      assert.equal((await scaffold("a.proto", "--out", "out", "--force")).exitCode, 0);
      assert.equal(await Deno.readTextFile(join(folder, `out/${name}.bak`)), edited);
      assert.equal(await Deno.readTextFile(join(folder, `out/${name}`)), files[name]);
    });
  }
});

/** The scripts of `broker completions` in the shells that they are for. */
import assert from "node:assert/strict";
import { loadSpecs } from "../../cli/run_program.ts";
import { PROGRAM } from "../../main.ts";
import { runBroker, temporaryFolder } from "../support/broker.ts";
import { runProgram } from "../support/run_program.ts";
import { testWithPeers } from "../support/test_with_peers.ts";

/** A shell of this machine, or why there is none. */
type ShellPeer = { readonly name: string } | { readonly missing: string };

async function findShell(name: string): Promise<ShellPeer> {
  try {
    await runProgram([name, "-c", ":"]);
    return { name };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { missing: `${name} is not installed` };
    throw error;
  }
}

const [bash, zsh, fish] = await Promise.all(["bash", "zsh", "fish"].map(findShell));

/** A folder with the script, beside a file and a folder to complete. */
async function prepare(shell: string) {
  const folder = await temporaryFolder();
  const { stdout, exitCode, stderr } = await runBroker(["completions", shell]);
  assert.equal(exitCode, 0, stderr);
  await Deno.writeTextFile(`${folder.path}/script`, stdout);
  await Deno.mkdir(`${folder.path}/here`);
  await Deno.writeTextFile(`${folder.path}/here/two words.csv`, "");
  await Deno.mkdir(`${folder.path}/here/subfolder`);
  return {
    script: `${folder.path}/script`,
    cwd: `${folder.path}/here`,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

const COMMANDS = [...PROGRAM.commands.map(({ name }) => name), "help"];

/** What is typed, the last word being the one to complete, and what is offered. */
const OFFERS: readonly [words: string[], offered: string[]][] = [
  [[""], COMMANDS],
  [["ser"], ["serve"]],
  [["-q", "ser"], ["serve"]],
  [["serve", "--ho"], ["--host"]],
  [["bench", "--rps", "5", "--pla"], ["--plaintext"]],
  [["bench", "-O", ""], ["json", "text"]],
  [["bench", "--format", "j"], ["json"]],
  [["stream", "two"], ["two words.csv"]],
  [["stream", "--method", "m", "two"], ["two words.csv"]],
  [["stream", "--proto", "two"], ["two words.csv"]],
  [["scaffold", "--out", ""], ["subfolder"]],
  [["bench", "--rps", ""], []],
  [["completions", ""], ["bash", "fish", "zsh"]],
  [["help", "ben"], ["bench"]],
];

testWithPeers({ bash }, "bash completes commands, flags, choices and files", async (_, t) => {
  await using place = await prepare("bash");
  const ask = async (words: readonly string[]) => {
    const driver = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ` +
      `_broker 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await runProgram(
      ["bash", "-c", driver, "bash", place.script, "broker", ...words],
      { cwd: place.cwd },
    );
    assert.equal(stderr, "");
    return stdout.split("\n").filter((line) => line !== "").sort();
  };
  for (const [words, offered] of OFFERS) {
    await t.step(words.join(" "), async () => {
      assert.deepEqual(await ask(words), [...offered].sort());
    });
  }
  await t.step("--format=j, which readline cuts in three", async () => {
    assert.deepEqual(await ask(["bench", "--format", "=", "j"]), ["json"]);
    assert.deepEqual(await ask(["bench", "--format", "="]), ["json", "text"]);
  });
  await t.step("every flag of every command", async () => {
    for (const spec of await loadSpecs(PROGRAM)) {
      const names = Object.values(spec.flags).map(({ name }) => `--${name}`);
      const offered = await ask([spec.name, "--"]);
      assert.deepEqual(names.filter((name) => !offered.includes(name)), [], spec.name);
    }
  });
});

testWithPeers({ fish }, "fish completes commands, flags, choices and files", async (_, t) => {
  await using place = await prepare("fish");
  for (const [words, offered] of OFFERS) {
    await t.step(words.join(" "), async () => {
      const line = ["broker", ...words].join(" ");
      const { stdout, stderr } = await runProgram(
        ["fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", place.script, line],
        { cwd: place.cwd },
      );
      assert.equal(stderr, "");
      const found = stdout.split("\n").map((row) => row.split("\t")[0].replace(/\/$/, ""));
      assert.deepEqual(found.filter((word) => word !== "").sort(), [...offered].sort());
    });
  }
});

/** Starts an interactive zsh on a pseudo-terminal, presses Tab behind a line, and prints the line that comes of it. */
const ZSH_DRIVER = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PROMPT= RPROMPT=; autoload -Uz compinit; compinit -u -D; source '\${(q)1}
zpty -w z 'tell() { zle complete-word; print; print -r -- "LINE<$BUFFER>"; }; zle -N tell; bindkey "^I" tell'
zpty -w z 'echo READ""Y'
zpty -r z answer '*READY*'
zpty -w -n z "$2"$'\\t'
zpty -r z answer '*LINE<*>*'
print -r -- "$answer"
zpty -d z
`;

testWithPeers({ zsh }, "zsh completes commands, flags, choices and files", async (_, t) => {
  await using place = await prepare("zsh");
  const rows: readonly [typed: string, completed: string][] = [
    ["broker ser", "broker serve "],
    ["broker -q ser", "broker -q serve "],
    ["broker serve --ho", "broker serve --host="],
    ["broker bench --rps 5 --pla", "broker bench --rps 5 --plaintext "],
    ["broker bench -O j", "broker bench -O json "],
    ["broker bench --format=j", "broker bench --format=json "],
    ["broker stream tw", "broker stream two\\ words.csv "],
    ["broker stream --method m tw", "broker stream --method m two\\ words.csv "],
    ["broker scaffold --out ", "broker scaffold --out subfolder/"],
    ["broker completions z", "broker completions zsh "],
    ["broker help ben", "broker help bench "],
  ];
  for (const [typed, completed] of rows) {
    await t.step(typed, async () => {
      const { stdout } = await runProgram(["zsh", "-fc", ZSH_DRIVER, "zsh", place.script, typed], {
        cwd: place.cwd,
        timeoutMs: 30_000,
      });
      assert.equal(/LINE<(.*)>/.exec(stdout)?.[1], completed);
    });
  }
});

Deno.test("completions refuses a shell that it does not know", async () => {
  const { exitCode, stdout, stderr } = await runBroker(["completions", "tcsh"]);
  assert.equal(exitCode, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^error: Cannot write completions for "tcsh": want bash, zsh, fish\n$/);
});

import { join, resolve } from "node:path";
import {
  type CommandContext,
  createCommand,
  ExitCode,
  type Io,
  knownError,
  openInput,
  type Talk,
  UsageError,
} from "./cli/mod.ts";
import { CONNECTION_FLAGS } from "./cli/commands/connection_flags.ts";
import { scaffoldSpec } from "./cli/commands/scaffold_spec.ts";
import {
  afterWriting,
  chooseStream,
  createProject,
  generateFiles,
  type Project,
} from "./codegen/mod.ts";
import { openConnection } from "./connecting/mod.ts";
import {
  applyUpdate,
  describeHandlers,
  type FileAction,
  type Folder,
  openFolder,
  type Origin,
  type PlannedFile,
  planUpdate,
  readCsvOrigin,
  readProtoOrigin,
  readRuntimeFiles,
  readServerOrigin,
  ScaffoldError,
  type Section,
  type UpdatePlan,
} from "./scaffolding/mod.ts";
import { SchemaError } from "./schema/mod.ts";
import { type DecimalMark, TabularError } from "./tabular/mod.ts";

type ScaffoldContext = CommandContext<typeof scaffoldSpec.flags, typeof scaffoldSpec.positionals>;

/** `broker scaffold`: a folder with a typed service and client. */
export const scaffoldCommand = createCommand(scaffoldSpec, scaffold, {
  knownErrors: [
    knownError(SchemaError),
    knownError(ScaffoldError),
    knownError(TabularError),
  ],
});

/** What a run is about. */
interface Run {
  readonly origin: Origin;
  readonly project: Project;
  readonly folder: Folder;
  readonly plan: UpdatePlan;
}

async function scaffold(context: ScaffoldContext): Promise<number> {
  const { flags, talk, io } = context;
  checkFlags(context);
  const origin = await readOrigin(context);
  for (const note of origin.notes) talk.say(note);
  const project = createProject(origin.sources);
  const folder = await openFolder(flags.outPath ?? origin.defaultOut);
  const files = generateFiles(project, {
    runtime: await readRuntimeFiles(),
    sampleCsv: origin.sampleCsv,
    streamFlags: origin.streamFlags,
  });
  const options = { force: flags.force, origins: origin.origins };
  const plan = await planUpdate(project, files, { folder, options });
  const run: Run = { origin, project, folder, plan };
  if (flags.dryRun) listPlan(io, talk, run);
  else if (flags.check) listStale(talk, run);
  else {
    const backups = await applyUpdate(folder, plan.files);
    for (const backup of backups) talk.say(`Kept the old file as ${backup}`);
    sayWritten(talk, run);
  }
  const isWritten = !flags.dryRun && !flags.check;
  const server = join(folder.name, "server.ts");
  const sections = describeHandlers(project, plan, { before: folder.manifest, server, isWritten });
  sayHandlers(talk, sections);
  if (isWritten) sayNext(talk, run, sections);
  if (!flags.check || plan.stale.length === 0) return ExitCode.DONE;
  talk.fail("Generated files are stale: run broker scaffold again without --check");
  return ExitCode.FAILURE;
}

/** What no single flag's own check can see; before any I/O. */
function checkFlags({ flags, positionals, given }: ScaffoldContext): void {
  const other = flags.fromTarget !== undefined ? "--from" : "--from-csv";
  if (positionals.proto !== undefined && (flags.fromTarget ?? flags.csvPath) !== undefined) {
    throw new UsageError(`Cannot combine "${positionals.proto}" with ${other}: choose one source`);
  }
  if (given.has("importPaths") && (flags.fromTarget ?? flags.csvPath) !== undefined) {
    throw new UsageError(`Cannot combine --import-path with ${other}: it is for a .proto`);
  }
  if (flags.answerColumn !== undefined && flags.csvPath === undefined) {
    throw new UsageError("Cannot use --answer without --from-csv: it names a column of the CSV");
  }
  if (flags.decimal !== undefined && flags.csvPath === undefined) {
    throw new UsageError("Cannot use --decimal without --from-csv: it is for the cells of the CSV");
  }
  if (flags.fromTarget !== undefined) return;
  for (const [key, { name }] of Object.entries(CONNECTION_FLAGS)) {
    if (!given.has(key)) continue;
    throw new UsageError(`Cannot use --${name} without --from: it is for reaching a server`);
  }
}

async function readOrigin({ flags, positionals, io, talk }: ScaffoldContext): Promise<Origin> {
  if (flags.fromTarget !== undefined) {
    using connection = await openConnection(flags, flags.fromTarget, { talk });
    return await readServerOrigin(connection, { timeoutMs: flags.maxTimeMs });
  }
  const ask = io.stdinIsTerminal ? (question: string) => askLine(io, question) : undefined;
  if (flags.csvPath !== undefined) return await readCsv(flags.csvPath, { ...flags, io, ask });
  const path = positionals.proto ?? (await ask?.("Which .proto file? "))?.trim();
  if (path === undefined || path === "") {
    throw new UsageError(
      "Cannot scaffold without a source: name a .proto file, or use --from or --from-csv",
    );
  }
  try {
    return await readProtoOrigin(path, flags.importPaths);
  } catch (error) {
    if (!(error instanceof SchemaError) || !/\.[ct]sv(?:\.gz)?$/i.test(path)) throw error;
    throw new SchemaError(`${error.message}; for a CSV write --from-csv`, { cause: error });
  }
}

async function readCsv(
  path: string,
  { io, answerColumn, decimal, ask }: {
    readonly io: Io;
    readonly answerColumn: string | undefined;
    readonly decimal: DecimalMark | undefined;
    readonly ask: ((question: string) => Promise<string>) | undefined;
  },
): Promise<Origin> {
  const input = await openInput(path, io);
  try {
    return await readCsvOrigin(input.chunks, { path, answer: answerColumn, decimal, ask });
  } finally {
    await input.close();
  }
}

/** Asks on stderr and reads one line of stdin. */
async function askLine(io: Io, question: string): Promise<string> {
  io.stderr.write(question);
  await io.stderr.flush();
  const reader = io.stdin.pipeThrough(decoder()).getReader();
  let text = "";
  try {
    while (!text.includes("\n")) {
      const step = await reader.read();
      if (step.done) break;
      text += step.value;
    }
  } finally {
    await reader.cancel();
  }
  return text.split("\n")[0] ?? "";
}

/** `TextDecoderStream` takes other chunks than stdin gives, as far as types go. */
function decoder(): TransformStream<Uint8Array, string> {
  const text = new TextDecoder();
  return new TransformStream({
    transform: (chunk, controller) => controller.enqueue(text.decode(chunk, { stream: true })),
  });
}

/** What `--dry-run` calls the fate of a file, in words. */
const MEANINGS = {
  create: "is not there yet",
  rewrite: "is broker scaffold's and would be written anew",
  extend: "is yours and would get new handlers",
  replace: "is yours and would be written anew, the old one kept as .bak",
  remove: "is broker scaffold's and no longer needed",
  keep: "is yours and stays as it is",
  same: "is already what it should be",
  absent: "was removed by you and stays away; --force writes it",
} as const satisfies Record<FileAction, string>;

/** More names than this in a line would hide what it says. */
const MAX_LISTED = 8;

function listPlan(io: Io, talk: Talk, { folder, plan }: Run): void {
  for (const { path, action } of plan.files) {
    io.stdout.write(`${action.padEnd(8)}${join(folder.name, path)}\n`);
  }
  talk.say("Nothing was written. What the words say of a file:");
  for (const action of new Set(plan.files.map(({ action }) => action))) {
    talk.say(`  ${action.padEnd(8)}${MEANINGS[action]}`);
  }
}

function listStale(talk: Talk, { folder, plan }: Run): void {
  for (const path of plan.stale) talk.print(`${join(folder.name, path)} is stale`);
  if (plan.stale.length === 0) talk.say(`${folder.name} is up to date`);
}

/** Says which files were written, and which were not although they would be otherwise now. */
function sayWritten(talk: Talk, { folder, plan }: Run): void {
  const pathsOf = (isOne: (file: PlannedFile) => boolean) =>
    plan.files.filter(isOne).map(({ path }) => path);
  const written = pathsOf(({ text }) => text !== undefined);
  const removed = pathsOf(({ action }) => action === "remove");
  if (written.length + removed.length === 0) {
    talk.say(`${folder.name} is up to date`);
    return;
  }
  const count = `${written.length} ${written.length === 1 ? "file" : "files"}`;
  const names = written.length <= MAX_LISTED ? `: ${written.join(", ")}` : "";
  talk.say(`Wrote ${count} to ${folder.name}${names}`);
  if (removed.length > 0) talk.say(`Removed what nothing needs now: ${removed.join(", ")}`);
  for (const path of pathsOf(({ action }) => action === "absent")) {
    talk.say(`${path} was not written, as you removed it; --force writes it again`);
  }
  if (plan.outgrown.length > 0) {
    const kept = plan.outgrown.join(", ");
    talk.say(`Left as they are, being yours, though a new scaffold would have others: ${kept}`);
  }
}

/** Says what became of handlers: those that are new, that could not be added, that changed or lost their method. */
function sayHandlers(talk: Talk, sections: readonly Section[]): void {
  for (const { title, lines, code, isWarning } of sections) {
    talk.say(title, isWarning ? "yellow" : undefined);
    for (const line of lines) talk.say(`  ${line}`);
    if (code !== undefined) talk.print(code);
  }
}

/** Says what to do next: run a new folder, or find what a change has broken. */
function sayNext(
  talk: Talk,
  { origin, project, folder, plan }: Run,
  sections: readonly Section[],
): void {
  const change = resolve(folder.name) === resolve(".") ? "" : `cd ${folder.name} && `;
  if (folder.manifest !== undefined) {
    const isSame = plan.files.every(({ text }) => text === undefined);
    const isCode = plan.outgrown.some((path) => path.endsWith(".ts"));
    if (isSame || !isCode && !sections.some(({ isWarning }) => isWarning)) return;
    talk.say(
      `Next: ${change}npx --yes deno@2.9.6 check  # names the lines of yours that do not fit`,
    );
    return;
  }
  talk.say(`Your handlers go into ${join(folder.name, "server.ts")}`);
  talk.say(`Next: ${change}broker serve ${project.protoFile} --handlers server.ts`);
  const stream = chooseStream(project, origin.streamFlags ?? "");
  if (stream !== undefined) {
    talk.say(`then, in another terminal there${afterWriting(stream)}: ${stream.command}`);
  }
}

import { join } from "node:path";
import {
  type CommandContext,
  createCommand,
  ExitCode,
  exitCodeOfStatus,
  type Io,
  knownError,
  openInput,
  type Talk,
  UsageError,
} from "./cli/mod.ts";
import { scaffoldSpec } from "./cli/commands/scaffold_spec.ts";
import { chooseStreamCommand, createProject, generateFiles, type Project } from "./codegen/mod.ts";
import { parseTarget, RpcError } from "./rpc/mod.ts";
import {
  applyUpdate,
  type Folder,
  openFolder,
  type Origin,
  planUpdate,
  readCsvOrigin,
  readProtoOrigin,
  readRuntimeFiles,
  readServerOrigin,
  reportChanges,
  ScaffoldError,
  type UpdatePlan,
} from "./scaffolding/mod.ts";
import { SchemaError } from "./schema/mod.ts";
import { TabularError } from "./tabular/mod.ts";

type ScaffoldContext = CommandContext<typeof scaffoldSpec.flags, typeof scaffoldSpec.positionals>;

/** `broker scaffold`: a folder with a typed service and client. */
export const scaffoldCommand = createCommand(scaffoldSpec, scaffold, {
  knownErrors: [
    knownError(RpcError, (error) => exitCodeOfStatus(error.code)),
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
  if (flags.dryRun) {
    for (const { path, action } of plan.files) {
      io.stdout.write(`${action.padEnd(8)}${join(folder.name, path)}\n`);
    }
  } else if (!flags.check) {
    const backups = await applyUpdate(folder, plan.files);
    for (const backup of backups) talk.say(`Kept the old file as ${backup}`);
    sayWritten(talk, run);
  }
  sayHandlers(talk, run, flags.dryRun || flags.check ? "missing" : "added");
  return flags.check ? checkStale(talk, run) : ExitCode.DONE;
}

/** What no single flag's own check can see; before any I/O. */
function checkFlags({ flags, positionals }: ScaffoldContext): void {
  const other = flags.fromTarget !== undefined ? "--from" : "--from-csv";
  if (positionals.proto !== undefined && (flags.fromTarget ?? flags.csvPath) !== undefined) {
    throw new UsageError(`Cannot combine "${positionals.proto}" with ${other}: choose one source`);
  }
  if (flags.answerColumn !== undefined && flags.csvPath === undefined) {
    throw new UsageError("Cannot use --answer without --from-csv: it names a column of the CSV");
  }
  if (flags.fromTarget === undefined) return;
  try {
    parseTarget(flags.fromTarget);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function readOrigin({ flags, positionals, io }: ScaffoldContext): Promise<Origin> {
  if (flags.fromTarget !== undefined) {
    return await readServerOrigin(flags.fromTarget, { timeoutMs: flags.connectTimeoutMs });
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
  { io, answerColumn, ask }: {
    readonly io: Io;
    readonly answerColumn: string | undefined;
    readonly ask: ((question: string) => Promise<string>) | undefined;
  },
): Promise<Origin> {
  const input = await openInput(path, io);
  try {
    return await readCsvOrigin(input.chunks, { path, answer: answerColumn, ask });
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

/** Says what was written, and after the first time what to do next. */
function sayWritten(talk: Talk, { origin, project, folder, plan }: Run): void {
  const written = plan.files.filter(({ text }) => text !== undefined).length;
  const removed = plan.files.filter(({ action }) => action === "remove").length;
  if (written + removed === 0) {
    talk.say(`${folder.name} is up to date`);
    return;
  }
  const gone = removed > 0 ? ` and removed ${removed}` : "";
  talk.say(`Wrote ${written} ${written === 1 ? "file" : "files"} to ${folder.name}${gone}`);
  for (const { path, action } of plan.files) {
    if (action === "absent") talk.say(`${path} stays away; --force writes it again`);
  }
  if (folder.exists && folder.manifest !== undefined) return;
  const stream = chooseStreamCommand(project, origin.streamFlags ?? "");
  talk.say(`Next: cd ${folder.name} && broker serve ${project.protoFile} --handlers server.ts`);
  if (stream !== undefined) talk.say(`then, in another terminal there: ${stream}`);
}

/** Says what became of handlers: those that are new, that could not be added, that changed or lost their method. */
function sayHandlers(talk: Talk, { project, folder, plan }: Run, word: "added" | "missing"): void {
  const server = join(folder.name, "server.ts");
  for (const name of plan.merged?.added ?? []) talk.say(`${server}: ${name} ${word}`);
  for (const { method, reason, code } of plan.merged?.snippets ?? []) {
    talk.say(`${server}: ${method} is missing and must be added by hand: ${reason}`, "yellow");
    talk.print(code);
  }
  for (const line of reportChanges(project, plan, { before: folder.manifest, server })) {
    talk.say(line, "yellow");
  }
}

function checkStale(talk: Talk, { folder, plan }: Run): number {
  if (plan.stale.length === 0) return ExitCode.DONE;
  for (const path of plan.stale) talk.print(`${join(folder.name, path)} is stale`);
  talk.fail(`Generated files are stale: run broker scaffold again without --check`);
  return ExitCode.FAILURE;
}

export { BufferedSink, type SinkTarget } from "./buffered_sink.ts";
export {
  type Command,
  type CommandContext,
  type CommandOptions,
  createCommand,
} from "./command.ts";
export { CommandError, InterruptedError, OutputClosedError, UsageError } from "./command_error.ts";
export {
  type CommandSpec,
  defineCommand,
  type FlagSpec,
  type FlagTable,
  type ParsedFlags,
  type ParsedPositionals,
  type PositionalSpec,
  type PositionalTable,
} from "./command_spec.ts";
export {
  describeFailure,
  type Failure,
  formatStack,
  type KnownError,
  knownError,
} from "./describe_failure.ts";
export { escapeControls } from "./escape_controls.ts";
export { ExitCode, exitCodeOfStatus } from "./exit_code.ts";
export { parseDuration, parseSize } from "./flag_values.ts";
export { openFilesFolder } from "./files_folder.ts";
export { type InputFile, openInput } from "./input_file.ts";
export type { Io, OutputSink } from "./io.ts";
export { nearestName } from "./nearest_name.ts";
export { isSameFile, openOutput, type OutputFile } from "./output_file.ts";
export { parseArguments, type ParsedArguments } from "./parse_arguments.ts";
export { processIo } from "./process_io.ts";
export { readTextFile } from "./read_text_file.ts";
export { type CommandEntry, loadSpecs, type Program, runProgram } from "./run_program.ts";
export { createTalk, type Style, type Talk, type TalkOptions } from "./talk.ts";
export { formatVersion, PROGRAM_NAME, VERSION } from "./version.ts";

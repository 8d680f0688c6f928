import assert from "node:assert/strict";
import {
  createProject,
  type GeneratedFile,
  generateFiles,
  type Project,
} from "../../codegen/mod.ts";
import { readRuntimeFiles } from "../../scaffolding/mod.ts";
import { loadSources } from "../../schema/mod.ts";
import { repositoryPath } from "../support/paths.ts";

/** A `.proto` that is scaffolded in tests. */
export interface ProtoCase {
  readonly name: string;
  readonly path: string;
  readonly importPaths: readonly string[];
}

const PROTOS = "tests/testdata/protos";
const SCAFFOLD = "tests/testdata/scaffold";

/** Every `.proto` that a scaffold is made of in tests; the one with 500 fields is written by the test itself. */
export const PROTO_CASES: readonly ProtoCase[] = [
  at("proto", "databroker"),
  at(PROTOS, "01_scalar_csv_databroker"),
  at(PROTOS, "02_wide_sensor_window"),
  at(PROTOS, "03_bidi_predictor"),
  at(PROTOS, "04_nested_station_batch"),
  at(PROTOS, "05_image_detection"),
  at(PROTOS, "06_columnar_frame"),
  at(PROTOS, "07_training_on_shared_folder"),
  at(PROTOS, "08_gui_events"),
  at(PROTOS, "everything"),
  at(PROTOS, "editions"),
  at(SCAFFOLD, "clashes"),
  at(SCAFFOLD, "constructs"),
  at(SCAFFOLD, "cyclic"),
  at(SCAFFOLD, "long_names"),
  at(SCAFFOLD, "many_oneofs"),
  at(SCAFFOLD, "names"),
  at(SCAFFOLD, "three_services", [`${SCAFFOLD}/imports`]),
  at(SCAFFOLD, "well_known"),
];

function at(folder: string, name: string, importPaths: readonly string[] = []): ProtoCase {
  return {
    name,
    path: repositoryPath(`${folder}/${name}.proto`),
    importPaths: importPaths.map(repositoryPath),
  };
}

export function caseOf(name: string): ProtoCase {
  const found = PROTO_CASES.find((candidate) => candidate.name === name);
  assert.ok(found !== undefined, `no proto is called ${name}`);
  return found;
}

export async function loadProject({ path, importPaths }: ProtoCase): Promise<Project> {
  return createProject(await loadSources(path, { importPaths }));
}

/** All files of the scaffold of a proto. */
export async function generate(proto: ProtoCase): Promise<GeneratedFile[]> {
  return generateFiles(await loadProject(proto), { runtime: await readRuntimeFiles() });
}

/** A project of `.proto` text. */
export async function projectOf(text: string): Promise<Project> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/test.proto`, text);
    return createProject(await loadSources(`${folder}/test.proto`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A proto of one message with so many fields. */
export function wideProto(fieldCount: number): string {
  const fields = Array.from(
    { length: fieldCount },
    (_, index) => `  ${["double", "string", "int64"][index % 3]} field_${index} = ${index + 1};`,
  );
  return [
    'syntax = "proto3";',
    "package wide;",
    "message Wide {",
    ...fields,
    "}",
    "message Narrow {",
    "  double field_0 = 1;",
    "  bool verdict = 2;",
    "}",
    "service WideService {",
    "  rpc Judge(stream Wide) returns (stream Narrow);",
    "  rpc Get(Narrow) returns (Wide);",
    "}",
    "",
  ].join("\n");
}

/** A proto of oneofs, messages and methods whose names grow letter by letter, past every place where a line breaks. */
export function sweptProto(): string {
  const lengths = Array.from({ length: 24 }, (_, index) => index + 26);
  const nameOf = (length: number) => `M${"x".repeat(length - 1)}`;
  return [
    'syntax = "proto3";',
    "package swept;",
    ...lengths.map((length) =>
      `message ${nameOf(length)} { oneof choice { bool a = 1; int64 b = 2; } }`
    ),
    "service Sweep {",
    ...lengths.map((length) => {
      const name = nameOf(length);
      return `  rpc Do${"q".repeat(length)}(stream ${name}) returns (stream ${name});`;
    }),
    "}",
    "",
  ].join("\n");
}

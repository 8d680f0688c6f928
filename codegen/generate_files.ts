import { chooseStream } from "./choose_stream.ts";
import type { Project } from "./project.ts";
import { chooseSample, printCsv, sampleRows } from "./sample_rows.ts";
import { writeClient } from "./write_client.ts";
import {
  toJson,
  writeDenoJson,
  writeDockerfile,
  writeDockerignore,
  writePackageJson,
} from "./write_config.ts";
import { writeReadme } from "./write_readme.ts";
import { writeSamples } from "./write_samples.ts";
import { writeServer } from "./write_server.ts";
import { writeStandalone, writeTesting } from "./write_standalone.ts";
import { writeTest } from "./write_test.ts";
import { writeTypes } from "./write_types.ts";
import { typesModule } from "./project.ts";

/** A file of a scaffold. */
export interface GeneratedFile {
  /** From the root of the folder, with slashes. */
  readonly path: string;
  readonly text: string;
  /** `generated`: rewritten by every run. `copied`: a `.proto`. `user`: written once, then the user's. */
  readonly owner: "generated" | "copied" | "user";
}

/** What the files are made from beside the project. */
export interface GenerateOptions {
  /** The files of `gen/runtime/` that are the same for every proto, by name. */
  readonly runtime: ReadonlyMap<string, string>;
  /** In place of made-up rows: what `sample.csv` holds. */
  readonly sampleCsv?: string | undefined;
  /** Further flags of `broker stream` for `sample.csv`: `--map 'a b=c'`. */
  readonly streamFlags?: string | undefined;
}

/** Writes all files of a scaffold. */
export function generateFiles(project: Project, options: GenerateOptions): GeneratedFile[] {
  const sample = chooseSample(project);
  const stream = chooseStream(project, options.streamFlags ?? "");
  const rows = sample === undefined ? undefined : printCsv(sampleRows(sample.message));
  const sampleCsv = options.sampleCsv ?? rows;
  const generated = (path: string, text: string) => ({ path, text, owner: "generated" }) as const;
  const user = (path: string, text: string) => ({ path, text, owner: "user" }) as const;
  return [
    ...project.sources.files.map(({ name, text }) =>
      ({ path: name, text, owner: "copied" }) as const
    ),
    generated(typesModule(project), writeTypes(project)),
    generated("gen/standalone.ts", writeStandalone(project)),
    generated("gen/testing.ts", writeTesting(project)),
    ...(project.editionJson === undefined
      ? []
      : [generated("gen/definitions.json", toJson(project.editionJson))]),
    ...[...options.runtime].map(([name, text]) => generated(`gen/runtime/${name}`, text)),
    user("server.ts", writeServer(project)),
    user("client.ts", writeClient(project)),
    user("samples.ts", writeSamples(project)),
    user("server_test.ts", writeTest(project)),
    ...(sampleCsv === undefined ? [] : [user("sample.csv", sampleCsv)]),
    user("deno.json", writeDenoJson(project, stream?.command)),
    user("package.json", writePackageJson()),
    user("Dockerfile", writeDockerfile(project)),
    user(".dockerignore", writeDockerignore()),
    user("README.md", writeReadme(project, { sample, stream })),
  ];
}

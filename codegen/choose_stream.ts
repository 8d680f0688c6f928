import { planAnswer } from "./describe_answer.ts";
import type { Project } from "./project.ts";
import { chooseSample } from "./sample_rows.ts";

/** How `sample.csv` is streamed. */
export interface SampleStream {
  readonly command: string;
  /** The method, if its new handler refuses every call until somebody writes it. */
  readonly unwritten: string | undefined;
}

/** Decides how `sample.csv` is streamed: in one call, or in one for each row; undefined if no method takes its rows. */
export function chooseStream(project: Project, flags: string): SampleStream | undefined {
  const sample = chooseSample(project);
  if (sample === undefined || sample.message !== sample.method.request) return undefined;
  const methods = project.sources.schema.services.flatMap((service) => service.methods);
  const [only, other] = methods.filter(({ kind }) => kind !== "unary");
  const { service, name } = sample.method;
  const isDefault = only === sample.method && other === undefined;
  const method = isDefault ? "" : ` --method ${service}/${name}`;
  const more = flags === "" ? "" : ` ${flags}`;
  return {
    command: `broker stream sample.csv --proto ${project.protoFile}${method}${more}`,
    unwritten: planAnswer(sample.method).kind === "unimplemented" ? name : undefined,
  };
}

/** What has to come before a stream, as the end of a sentence. */
export function afterWriting({ unwritten }: SampleStream): string {
  return unwritten === undefined ? "" : `, once ${unwritten} is written`;
}

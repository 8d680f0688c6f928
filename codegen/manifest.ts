import type { MessageShape } from "../schema/mod.ts";
import type { Project } from "./project.ts";
import { describeType } from "./write_messages.ts";
import { describeMethod } from "./write_services.ts";

/** What `gen/scaffold.json` remembers of a run, so that the next one can tell what is new. */
export interface Manifest {
  readonly about: string;
  readonly proto: string;
  /** What each file held that was written, as its SHA-256, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** The definition of each method, by `pkg.Service/Method`. */
  readonly methods: Readonly<Record<string, string>>;
  /** The fields of each message that a method uses, directly or inside another. */
  readonly messages: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export const MANIFEST_PATH = "gen/scaffold.json";

/** Describes a project for the next run. */
export function createManifest(
  project: Project,
  files: Readonly<Record<string, string>>,
): Manifest {
  const methods = project.services.flatMap(({ schema }) => schema.methods);
  const messages = project.used.messages.map((
    message,
  ) => [message.fullName, describeFields(message)]);
  return {
    about: "Written by broker scaffold for its next run. Do not edit.",
    proto: project.protoFile,
    files,
    methods: Object.fromEntries(
      methods.map((method) => [`${method.service}/${method.name}`, describeMethod(method)]),
    ),
    messages: Object.fromEntries(messages),
  };
}

function describeFields({ fields }: MessageShape): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field.name, describeType(field)]));
}

/** Reads a manifest; undefined if it is none of ours. */
export function parseManifest(text: string): Manifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || typeof value.proto !== "string") return undefined;
  const messages = isObject(value.messages) ? value.messages : {};
  return {
    about: "",
    proto: value.proto,
    files: stringsOf(value.files),
    methods: stringsOf(value.methods),
    messages: Object.fromEntries(
      Object.entries(messages).map(([name, fields]) => [name, stringsOf(fields)]),
    ),
  };
}

function stringsOf(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => typeof item === "string" ? [[key, item]] : []),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

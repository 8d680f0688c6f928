import type { MethodSchema } from "../schema/mod.ts";
import { printImport } from "./layout.ts";
import { type Project, type ProjectService, shortName, typesModule } from "./project.ts";
import { type HandlerObject, readServer, type ServerSource } from "./read_server.ts";
import { type CodePart, writeHandler, writeServiceObject } from "./write_server.ts";

/** A handler that could not be added. */
export interface Snippet {
  /** `Service.Method`. */
  readonly method: string;
  /** Why, as the end of a sentence. */
  readonly reason: string;
  readonly code: string;
}

/** An old `server.ts` and what became of it. */
export interface MergedServer {
  /** The old text with the new handlers in it; nothing else has changed. */
  readonly text: string;
  /** `Service.Method` of each handler that was added. */
  readonly added: readonly string[];
  readonly snippets: readonly Snippet[];
  /** The 1-based line of each handler and service that was found before, by `Service.Method` and `Service`. */
  readonly lines: ReadonlyMap<string, number>;
  /** Members of the services' objects that the `.proto` has no method for. */
  readonly strangers: readonly string[];
}

/** Text that goes into a file at a place. */
interface Insertion {
  readonly at: number;
  readonly text: string;
}

/**
 * Adds a handler for each method that has none to a `server.ts`, before the brace that ends its service's object, or a
 * whole new object at the end of the file. What is there stays as it is, byte for byte; where that cannot be done, the
 * handler is returned as a snippet.
 *
 * @param known services of an earlier run, by full name: if such a one is not found, the user has moved it
 */
export function mergeServer(
  project: Project,
  source: string,
  known: ReadonlySet<string> = new Set(),
): MergedServer {
  const merge = new Merge(project, source);
  for (const service of project.services) merge.addService(service, known);
  return merge.finish();
}

class Merge {
  readonly #project: Project;
  readonly #source: string;
  readonly #server: ServerSource | undefined;
  readonly #insertions: Insertion[] = [];
  readonly #types = new Set<string>();
  readonly #values = new Set<string>();
  readonly #added: string[] = [];
  readonly #snippets: Snippet[] = [];
  readonly #lines = new Map<string, number>();
  readonly #strangers: string[] = [];

  constructor(project: Project, source: string) {
    this.#project = project;
    this.#source = source;
    this.#server = readServer(source);
  }

  addService(service: ProjectService, known: ReadonlySet<string>): void {
    const { constant, schema } = service;
    const object = this.#server?.objects.get(constant);
    if (object !== undefined) {
      this.#lines.set(constant, object.line);
      this.#addMethods(service, object);
      return;
    }
    const missing = schema.methods.filter((method) => !this.#isMentioned(constant, method.name));
    const isPlain = constant === shortName(schema.fullName);
    // Without an earlier run to compare with, methods that are mentioned are taken to be there.
    const isNew = known.size > 0
      ? !known.has(schema.fullName)
      : missing.length === schema.methods.length;
    if (missing.length === 0 && !isNew) return;
    if (this.#server !== undefined && isNew && isPlain && !this.#server.names.has(constant)) {
      this.#appendService(service);
      return;
    }
    const reason = this.#server === undefined
      ? "the brackets of server.ts do not match"
      : `server.ts has no object "${constant}" to add it to`;
    for (const method of missing) this.#addSnippet(service, method, reason);
  }

  finish(): MergedServer {
    const insertions = [...this.#insertions, ...this.#imports()];
    let text = this.#source;
    // From the end; of two at one place the first goes before the second.
    for (
      const { at, text: inserted } of insertions.reverse().sort((left, right) => right.at - left.at)
    ) {
      text = text.slice(0, at) + inserted + text.slice(at);
    }
    return {
      text,
      added: this.#added,
      snippets: this.#snippets,
      lines: this.#lines,
      strangers: this.#strangers,
    };
  }

  #addMethods(service: ProjectService, object: HandlerObject): void {
    const { constant, schema } = service;
    const missing: MethodSchema[] = [];
    for (const method of schema.methods) {
      const line = object.members.get(method.name) ??
        object.members.get(method.definition.originalName ?? method.name);
      if (line === undefined) missing.push(method);
      else this.#lines.set(`${constant}.${method.name}`, line);
    }
    const names = schema.methods.flatMap(({ name, definition }) => [name, definition.originalName]);
    for (const [name, line] of object.members) {
      if (names.includes(name)) continue;
      this.#lines.set(`${constant}.${name}`, line);
      this.#strangers.push(`${constant}.${name}`);
    }
    if (object.isOpen) {
      const reason = `"${constant}" in server.ts takes members from elsewhere`;
      for (const method of missing) {
        if (!this.#isMentioned(constant, method.name)) this.#addSnippet(service, method, reason);
      }
    } else if (missing.length > 0) {
      this.#insertMethods(service, object, missing);
    }
  }

  #insertMethods(
    { constant }: ProjectService,
    { last, close }: HandlerObject,
    methods: readonly MethodSchema[],
  ): void {
    const source = this.#source;
    const lineStart = source.lastIndexOf("\n", close.start - 1) + 1;
    const before = source.slice(lineStart, close.start);
    const isOwnLine = /^\s*$/.test(before);
    const indent = isOwnLine ? before : "";
    const isEmpty = last.text === "{" && last.end <= close.start && last.depth === close.depth;
    if (!isEmpty && last.text !== ",") this.#insertions.push({ at: last.end, text: "," });
    const parts = methods.map((method) =>
      this.#use(writeHandler(this.#project, method, `${indent}  `))
    );
    const text = parts.map(({ lines }) => `${lines.join("\n")}\n`).join("\n");
    const gap = isEmpty ? "" : "\n";
    this.#insertions.push(
      isOwnLine
        ? { at: lineStart, text: gap + text }
        : { at: close.start, text: `\n${gap}${text}` },
    );
    this.#added.push(...methods.map(({ name }) => `${constant}.${name}`));
  }

  #appendService(service: ProjectService): void {
    const source = this.#source;
    const { lines } = this.#use(writeServiceObject(this.#project, service));
    const gap = source === "" || source.endsWith("\n") ? "\n" : "\n\n";
    this.#insertions.push({ at: source.length, text: `${gap}${lines.join("\n")}\n` });
    this.#added.push(...service.schema.methods.map(({ name }) => `${service.constant}.${name}`));
  }

  #addSnippet(service: ProjectService, method: MethodSchema, reason: string): void {
    const { lines } = writeHandler(this.#project, method, "  ");
    const name = `${service.constant}.${method.name}`;
    this.#snippets.push({ method: name, reason, code: lines.join("\n") });
  }

  /** Whether a file that is built otherwise has such a word somewhere; the handler is then taken to be there. */
  #isMentioned(constant: string, name: string): boolean {
    const line = this.#server === undefined
      ? this.#source.split("\n").findIndex((text) => new RegExp(`\\b${name}\\b`).test(text)) + 1
      : this.#server.words.get(name) ?? 0;
    if (line === 0) return false;
    this.#lines.set(`${constant}.${name}`, line);
    return true;
  }

  #use(part: CodePart): CodePart {
    for (const name of part.types) this.#types.add(name);
    for (const name of part.values) this.#values.add(name);
    return part;
  }

  /** Imports of what the new handlers need and the file does not have. */
  #imports(): Insertion[] {
    if (this.#server === undefined) return [];
    const { names, endOfImports } = this.#server;
    const missing = (wanted: Iterable<string>) => [...wanted].filter((name) => !names.has(name));
    const types = missing(this.#types);
    const values = missing(this.#values);
    const lines = [
      ...(types.length > 0 ? printImport(types, `./${typesModule(this.#project)}`, true) : []),
      ...(values.length > 0 ? printImport(values, "./gen/runtime/rpc.ts") : []),
    ];
    if (lines.length === 0) return [];
    const text = lines.join("\n");
    return [{ at: endOfImports, text: endOfImports === 0 ? `${text}\n` : `\n${text}` }];
  }
}

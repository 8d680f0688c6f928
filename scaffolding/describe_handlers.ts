import {
  compareManifests,
  createManifest,
  type Manifest,
  type MergedServer,
  mergeServer,
  type MethodChange,
  type Project,
} from "../codegen/mod.ts";
import type { UpdatePlan } from "./plan_update.ts";

/** Something that the user is told of the handlers in `server.ts`. */
export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
  /** A handler to be added by hand. */
  readonly code?: string;
  /** Whether it is for the user to do something. */
  readonly isWarning: boolean;
}

/** What a run knows beside its plan. */
export interface HandlersContext {
  /** Of the run before; undefined if there was none. */
  readonly before: Manifest | undefined;
  /** What messages call `server.ts`. */
  readonly server: string;
  /** Whether the plan was carried out: lines are then those of the file as it is now. */
  readonly isWritten: boolean;
}

/** Tells what became of the handlers in a `server.ts` that was there before, each with its line. */
export function describeHandlers(
  project: Project,
  plan: UpdatePlan,
  context: HandlersContext,
): Section[] {
  const { merged, files } = plan;
  const isAbsent = files.some(({ path, action }) => path === "server.ts" && action === "absent");
  // A fresh one fits.
  if (merged === undefined && !isAbsent) return [];
  const lines = findLines(project, plan, context);
  const place = (name: string) => {
    const line = lines.get(name) ?? lines.get(serviceOf(name));
    return isAbsent ? name : `${context.server}${line === undefined ? "" : `:${line}`}: ${name}`;
  };
  const changes = findChanges(project, context);
  // Of a service whose object was read, what has no line is not there any more.
  const removed = changes.filter(({ kind, name }) =>
    kind === "removed" && (lines.has(name) || !lines.has(serviceOf(name)))
  );
  const unused = new Set([...removed.map(({ name }) => name), ...merged?.strangers ?? []]);
  return [
    ...describeNew(merged, { ...context, place }),
    warn(
      "Of another kind or type in the proto; change these handlers:",
      describeSignatures(changes, place),
    ),
    warn(
      "With other fields in the proto; look whether these handlers still fit:",
      describeMessages(changes, place),
    ),
    warn(
      "Not in the proto; delete these handlers, unless code of yours calls them:",
      [...unused].map(place),
    ),
  ].filter(({ lines, code }) => lines.length > 0 || code !== undefined);
}

function warn(title: string, lines: readonly string[]): Section {
  return { title, lines, isWarning: true };
}

/** The 1-based line of each handler and service. */
function findLines(
  project: Project,
  { merged }: UpdatePlan,
  { isWritten }: HandlersContext,
): ReadonlyMap<string, number> {
  if (merged === undefined) return new Map();
  return isWritten ? mergeServer(project, merged.text).lines : merged.lines;
}

function findChanges(project: Project, { before }: HandlersContext): NamedChange[] {
  if (before === undefined) return [];
  return compareManifests(before, createManifest(project, {})).map((change) => ({
    ...change,
    name: nameOf(project, change.method),
  }));
}

/** Handlers that were or would be added, and those that have to be by hand. */
function describeNew(
  merged: MergedServer | undefined,
  { server, isWritten, place }: HandlersContext & { readonly place: Place },
): Section[] {
  const title = isWritten
    ? "Added to server.ts, for you to write:"
    : "Missing in server.ts; a run adds them:";
  return [
    { title, lines: (merged?.added ?? []).map(place), isWarning: false },
    ...(merged?.snippets ?? []).map(({ method, reason, code }) => ({
      ...warn(`Add ${method} to ${server} yourself, as ${reason}:`, []),
      code,
    })),
  ];
}

type NamedChange = MethodChange & { readonly name: string };
type Place = (name: string) => string;

function describeSignatures(changes: readonly NamedChange[], place: Place): string[] {
  return changes.flatMap((change) =>
    change.kind === "signature"
      ? [place(change.name), `  was ${change.was}`, `  now ${change.now}`]
      : []
  );
}

/** Each message that changed, and below it the handlers that take or give it. */
function describeMessages(changes: readonly NamedChange[], place: Place): string[] {
  const handlers = new Map<string, string[]>();
  for (const change of changes) {
    if (change.kind !== "message") continue;
    const title = `${change.message}: ${change.text}`;
    const places = handlers.get(title) ?? [];
    handlers.set(title, [...places, `  ${place(change.name)}`]);
  }
  return [...handlers].flatMap(([title, places]) => [title, ...places]);
}

/** `pkg.Service/Method` as the handler is called in `server.ts`: `Service.Method`. */
function nameOf({ names }: Project, method: string): string {
  const [service = "", name = ""] = method.split("/");
  const constant = names.services.get(service) ?? service.slice(service.lastIndexOf(".") + 1);
  return `${constant}.${name}`;
}

function serviceOf(name: string): string {
  return name.slice(0, name.lastIndexOf("."));
}

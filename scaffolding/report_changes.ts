import { compareManifests, createManifest, type Manifest, type Project } from "../codegen/mod.ts";
import type { UpdatePlan } from "./plan_update.ts";

/** What the user has to look at after a run: methods that changed or went, with the line of their handlers. */
export function reportChanges(
  project: Project,
  plan: UpdatePlan,
  { before, server }: { readonly before: Manifest | undefined; readonly server: string },
): string[] {
  const lines = plan.merged?.lines ?? new Map<string, number>();
  const place = (name: string, service: string) => {
    const line = lines.get(name) ?? lines.get(service);
    return line === undefined ? server : `${server}:${line}`;
  };
  const after = createManifest(project, {});
  const changes = before === undefined ? [] : compareManifests(before, after);
  const reports = changes.map(({ method, text }) => {
    const name = nameOf(project, method);
    return { name, text: `${place(name, name.split(".")[0] ?? "")}: ${name} ${text}` };
  });
  const known = new Set(reports.map(({ name }) => name));
  const strangers = (plan.merged?.strangers ?? []).filter((name) => !known.has(name));
  return [
    ...reports.map(({ text }) => text),
    ...strangers.map((name) => `${place(name, name)}: ${name} has no method in the proto`),
  ];
}

/** `pkg.Service/Method` as the handler is called in `server.ts`: `Service.Method`. */
function nameOf({ names }: Project, method: string): string {
  const [service = "", name = ""] = method.split("/");
  const constant = names.services.get(service) ?? service.slice(service.lastIndexOf(".") + 1);
  return `${constant}.${name}`;
}

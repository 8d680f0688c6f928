import { afterWriting, type SampleStream } from "./choose_stream.ts";
import type { Project } from "./project.ts";
import type { SampleSubject } from "./sample_rows.ts";
import { wrapText } from "./wrap_text.ts";
import { describeMethod } from "./write_services.ts";

/** What the README is told beside the project. */
export interface ReadmeOptions {
  readonly sample: SampleSubject | undefined;
  readonly stream: SampleStream | undefined;
}

/** Writes `README.md`. */
export function writeReadme(project: Project, options: ReadmeOptions): string {
  return [
    ...describeProject(project),
    ...describeRuns(project, options),
    ...describeContainer(project),
    ...describeStandalone(),
    "## After a change of the proto",
    fence([`broker scaffold ${project.protoFile} --out .`]),
    wrapText(
      "rewrites `gen/`, which is never edited, and adds a handler for each new method to server.ts. Nothing " +
        "else of what is yours is touched. What was removed or changed is listed with its line; " +
        "`npx --yes deno@2.9.6 check` then names each line that does not fit.",
    ),
    "## Types",
    LIST_OF_TYPES.map((line) => wrapText(`- ${line}`, "  ")).join("\n"),
  ].join("\n\n") + "\n";
}

function describeProject({ name, protoFile, services }: Project): string[] {
  const methods = services.flatMap(({ schema }) => [
    `service ${schema.fullName}`,
    ...schema.methods.map((method) => `  ${describeMethod(method)}`),
  ]);
  return [
    `# ${name}`,
    wrapText(`Scaffolded from [${protoFile}](${encodeURI(protoFile)}) with \`broker scaffold\`:`),
    fence(methods, "text"),
    wrapText(
      "Write the handlers in [server.ts](server.ts): they begin by answering with what request and answer " +
        "have in common, or with UNIMPLEMENTED. The generated [server_test.ts](server_test.ts) expects just that: " +
        "change it along with them.",
    ),
    wrapText(
      "`Interceptor` and `ValidationError`, for `export const interceptors` and `validate`, are in " +
        "gen/runtime/rpc.ts as `RpcError` is.",
    ),
  ];
}

function describeRuns(
  { protoFile }: Project,
  { sample, stream }: ReadmeOptions,
): string[] {
  return [
    "## Run",
    wrapText(
      "`broker` has to be on the PATH, or an alias in your shell; the tasks `serve`, `stream` and `scaffold` of " +
        "deno.json need it on the PATH.",
    ),
    fence([
      `broker serve ${protoFile} --handlers server.ts`,
      ...(stream === undefined
        ? []
        : [`${stream.command}  # in another terminal${afterWriting(stream)}`]),
      "npx --yes deno@2.9.6 task client  # every method once",
      "npx --yes deno@2.9.6 task test    # the tests",
      "npx --yes deno@2.9.6 task check   # format, lint, types",
    ]),
    ...describeSample(sample),
  ];
}

function describeContainer({ name }: Project): string[] {
  const tag = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "server";
  return [
    "## In a container",
    wrapText(
      "The Dockerfile puts this folder onto broker's image, which is built from broker's own folder once. gRPC is " +
        "on port 8061, the page and `/metrics` on 8062.",
    ),
    fence([
      `docker build --tag ${tag} .`,
      `docker run --rm --read-only --publish 8061:8061 --publish 127.0.0.1:8062:8062 ${tag}`,
    ]),
  ];
}

function describeStandalone(): string[] {
  return [
    "## Without broker",
    wrapText(
      "The same handlers run on stock `@grpc/grpc-js`, with the same `interceptors` and `validate` around them, " +
        "under Node 22.18 or later or under Deno; `HOST` and `PORT` say where to listen.",
    ),
    fence(["npm install && npx --yes -p node@22 node server.ts", "deno run -A server.ts"]),
    wrapText(
      "On Deno 2.9.4 to 2.9.6 the second one can die with its first client: a grpc-js server needs " +
        "node:http2, which may abort there when a client leaves (denoland/deno#36788). Use `broker serve`, " +
        "Node, or `npx --yes deno@2.9.3`. A grpc-js client is not affected.",
    ),
    wrapText(
      "For the same reason the test over a socket runs server.ts in a process of its own, with the runtime " +
        "that runs the test, and ends that process before its client leaves: so it passes on every version, " +
        "with `deno task test` as with `npm test`.",
    ),
  ];
}

/** What a user has to know of the types; docs/scaffold.md of broker has it in full. */
const LIST_OF_TYPES = [
  "`Thing` is a message as it arrives: every field is there, unset ones with their defaults; a message " +
  "that is not set is `null`.",
  "`ThingInit` is what may be sent: leave out what you like.",
  "64-bit integers are decimal strings, `bytes` are `Uint8Array`s, enums are their names (and a value " +
  "that the proto does not know is its number).",
  "A oneof is a union: ask the field that is called like the oneof which member is set. A proto3 " +
  "`optional` field that is not set is not there.",
];

function describeSample(sample: SampleSubject | undefined): string[] {
  if (sample === undefined) return [];
  const { method, message } = sample;
  const isRequest = message === method.request;
  const what = isRequest
    ? `requests of \`${method.name}\``
    : `answers of \`${method.name}\`, as no method takes a message with fields`;
  return [wrapText(`[sample.csv](sample.csv) holds a few ${what}: its header is the fields.`)];
}

function fence(lines: readonly string[], language = "sh"): string {
  return [`\`\`\`${language}`, ...lines, "```"].join("\n");
}

import type { MethodSchema } from "../schema/mod.ts";
import { type AnswerPlan, planAnswer, printableAnswer } from "./describe_answer.ts";
import { joinLines, LINE_WIDTH, printCall, printDoc, printImport, printString } from "./layout.ts";
import { printValue } from "./print_value.ts";
import {
  type Project,
  type ProjectService,
  requestType,
  shortName,
  typesModule,
} from "./project.ts";
import { describeMethod } from "./write_services.ts";

/** Code, and what it needs from other modules. */
export interface CodePart {
  readonly lines: readonly string[];
  /** Types of the module of types. */
  readonly types: readonly string[];
  /** Values of `gen/runtime/rpc.ts`. */
  readonly values: readonly string[];
}

/** Writes `server.ts`: a handler for each method of each service, and the way to run them. */
export function writeServer(project: Project): string {
  const parts = project.services.map((service) => writeServiceObject(project, service));
  const types = [...new Set(parts.flatMap((part) => part.types))];
  const values = [...new Set(parts.flatMap((part) => part.values))];
  const imports = [
    ...printImport(types, `./${typesModule(project)}`, true),
    ...(values.length > 0 ? printImport(values, "./gen/runtime/rpc.ts") : []),
    'import * as services from "./server.ts";',
  ];
  return joinLines([
    `// The handlers of ${project.protoFile}. This file is yours: broker scaffold adds new methods and changes nothing else.`,
    ...imports,
    ...parts.flatMap(({ lines }) => ["", ...lines]),
    ...writeContainer(project),
    "",
    "// Run as a program, this serves them with grpc-js; `broker serve` does without these lines.",
    "if (import.meta.main) {",
    '  import("./gen/standalone.ts").then(({ serve }) => serve(services));',
    "}",
  ]);
}

/** Writes the constant with the handlers of one service. */
export function writeServiceObject(project: Project, service: ProjectService): CodePart {
  const start = `export const ${service.constant}: ${service.handlers} = {`;
  const isLong = start.length > LINE_WIDTH;
  const indent = isLong ? "  " : "";
  const parts = service.schema.methods.map((method) =>
    writeHandler(project, method, `${indent}  `)
  );
  const head = isLong
    ? [`export const ${service.constant}:`, `  ${service.handlers} = {`]
    : [start];
  const comment = project.sources.notes.comments.get(service.schema.fullName);
  return {
    lines: [
      ...printDoc("", [comment ?? `The handlers of \`${service.schema.fullName}\`.`]),
      ...head,
      ...parts.flatMap(({ lines }, index) => index === 0 ? lines : ["", ...lines]),
      `${indent}};`,
    ],
    types: [service.handlers, ...parts.flatMap(({ types }) => types)],
    values: parts.flatMap(({ values }) => values),
  };
}

/** Writes the handler of one method, as a member of its service's object. */
export function writeHandler(project: Project, method: MethodSchema, indent: string): CodePart {
  const comment = project.sources.notes.comments.get(`${method.service}.${method.name}`) ?? "";
  const doc = printDoc(indent, [comment, `\`${describeMethod(method)}\``]);
  const plan = planAnswer(method);
  const body = plan.kind === "unimplemented"
    ? refuse(method, indent)
    : answer(project, method, { plan, indent });
  return { ...body, lines: [...doc, ...body.lines] };
}

function refuse({ name, kind, response }: MethodSchema, indent: string): CodePart {
  const inner = `${indent}  `;
  const givesStream = kind === "server_streaming" || kind === "bidirectional";
  const input = kind === "bidirectional" ? "requests" : "request";
  const hint = givesStream
    ? [
      `${inner}// As \`async *${name}(${input})\` it can yield each ${
        shortName(response.fullName)
      }.`,
    ]
    : [];
  const text = printString(`${name} is not written yet`);
  return {
    lines: [
      `${indent}${name}() {`,
      ...hint,
      ...printCall(inner, "throw new RpcError", ["Status.UNIMPLEMENTED", text]),
      `${indent}},`,
    ],
    types: [],
    values: ["RpcError", "Status"],
  };
}

function answer(
  project: Project,
  method: MethodSchema,
  { plan, indent }: { readonly plan: AnswerPlan; readonly indent: string },
): CodePart {
  const { name, kind, response } = method;
  const inner = `${indent}  `;
  const value: PrintAnswer = (prefix, at, variable = "request") => {
    const printable = printableAnswer(project.sources, response, { plan, variable });
    return `${at}${prefix}${
      printValue(printable, { indent: at, start: at.length + prefix.length })
    };`;
  };
  const usesRequest = plan.kind === "same" || plan.kind === "shared" && plan.fields.length > 0;
  const parameter = usesRequest ? "request" : "";
  const end = `${indent}},`;
  switch (kind) {
    case "unary":
      return codePart([`${indent}${name}(${parameter}) {`, value("return ", inner), end]);
    case "server_streaming":
      return codePart([`${indent}async *${name}(${parameter}) {`, value("yield ", inner), end]);
    case "bidirectional":
      return codePart([
        `${indent}async *${name}(requests) {`,
        `${inner}for await (const ${usesRequest ? "" : "_"}request of requests) {`,
        value("yield ", `${inner}  `),
        `${inner}}`,
        end,
      ]);
    case "client_streaming": {
      const type = requestType(project, method);
      const body = usesRequest
        ? answerLast(method, { value, inner, type })
        : answerEmpty({ value, inner });
      const lines = [`${indent}async ${name}(requests) {`, ...body, end];
      return codePart(lines, usesRequest && !IMPORTED.includes(type) ? [type] : []);
    }
  }
}

/** Writes the statement that answers: what stands before the value, the indent, and the variable that it reads. */
type PrintAnswer = (prefix: string, at: string, variable?: string) => string;

function codePart(lines: readonly string[], types: readonly string[] = []): CodePart {
  const refuses = lines.some((line) => line.includes("new RpcError"));
  return {
    lines: lines.flatMap((line) => line.split("\n")),
    types,
    values: refuses ? ["RpcError", "Status"] : [],
  };
}

function answerEmpty(
  { value, inner }: { readonly value: PrintAnswer; readonly inner: string },
): string[] {
  return [
    `${inner}for await (const _request of requests) {`,
    `${inner}  // Every request comes by here.`,
    `${inner}}`,
    value("return ", inner),
  ];
}

/** What `server.ts` imports besides: types of these names cannot be imported as well. */
const IMPORTED = ["RpcError", "Status"];

/** A client stream is answered with what its last request says. */
function answerLast(
  method: MethodSchema,
  { value, inner, type }: {
    readonly value: PrintAnswer;
    readonly inner: string;
    readonly type: string;
  },
): string[] {
  const refusal = [
    "Status.INVALID_ARGUMENT",
    printString(`${method.name} needs at least one request`),
  ];
  return [
    `${inner}let last${IMPORTED.includes(type) ? "" : `: ${type} | undefined`};`,
    `${inner}for await (const request of requests) last = request;`,
    `${inner}if (last === undefined) {`,
    ...printCall(`${inner}  `, "throw new RpcError", refusal),
    `${inner}}`,
    value("return ", inner, "last"),
  ];
}

/** Services that cannot be exported under their short names are found through `handlers`. */
function writeContainer({ services }: Project): string[] {
  const isPlain = services.every(({ schema, constant }) => shortName(schema.fullName) === constant);
  if (isPlain) return [];
  const entries = services.map(({ schema, constant }) =>
    `  ${printString(schema.fullName)}: ${constant},`
  );
  return [
    "",
    "/** By full name, for `broker serve`. */",
    "export const handlers = {",
    ...entries,
    "};",
  ];
}

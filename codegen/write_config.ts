import { PROGRAM_NAME, VERSION } from "../cli/version.ts";
import type { Project } from "./project.ts";

/** The packages that standalone servers and clients need, at the versions that broker itself is tested with. */
export const PACKAGES = {
  "@grpc/grpc-js": "1.14.7",
  "@grpc/proto-loader": "0.8.1",
} as const satisfies Record<string, string>;

/** Writes `deno.json`: tasks, packages, and the layout that the generated code has. */
export function writeDenoJson({ protoFile }: Project, streamCommand: string | undefined): string {
  const imports = Object.entries(PACKAGES).map((
    [name, version],
  ) => [name, `npm:${name}@${version}`]);
  return toJson({
    tasks: {
      serve: `broker serve ${protoFile} --handlers server.ts`,
      ...(streamCommand === undefined ? {} : { stream: streamCommand }),
      standalone: "deno run -A server.ts",
      client: "deno run -A client.ts",
      test: "deno test -A",
      check: "deno fmt --check && deno lint && deno check",
      scaffold: `broker scaffold ${protoFile} --out .`,
    },
    imports: Object.fromEntries(imports),
    // package.json is for Node; Deno needs no copy of the packages.
    nodeModulesDir: "none",
    compilerOptions: { strict: true },
    fmt: { lineWidth: 100 },
  });
}

/** Writes `package.json`, for Node. */
export function writePackageJson(): string {
  return toJson({
    private: true,
    type: "module",
    engines: { node: ">=22.18" },
    scripts: {
      start: "node server.ts",
      client: "node client.ts",
      test: "node --test server_test.ts",
    },
    dependencies: PACKAGES,
  });
}

/** Writes the `Dockerfile`: the handlers on the image of broker, on the ports and as the user that platforms expect. */
export function writeDockerfile({ protoFile }: Project): string {
  const image = `${PROGRAM_NAME}:${VERSION}`;
  return `# The handlers of ${protoFile} on the image of broker, which is built from broker's own folder:
#   docker build --tag ${image} .
ARG BROKER_IMAGE=${image}
FROM \${BROKER_IMAGE}
COPY . /srv/
# gRPC on 8061, the page and /metrics on 8062; an unprivileged user, and a HEALTHCHECK, come with the image.
CMD ["serve", ${JSON.stringify(protoFile)}, "--handlers", "server.ts", "--web-host", "0.0.0.0"]
`;
}

/** What the image does without. */
export function writeDockerignore(): string {
  return "node_modules\n*.bak*\n*_test.ts\n**/*.key\nDockerfile\n";
}

/** JSON as `deno fmt` leaves it. */
export function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

import { fileURLToPath } from "node:url";
import {
  loadSchema,
  type MethodSchema,
  type Schema,
  type ServiceSchema,
} from "../../schema/mod.ts";

/** The absolute path of a file under tests/testdata/protos. */
export function testProto(name: string): string {
  return fileURLToPath(new URL(`../testdata/protos/${name}`, import.meta.url));
}

/** The schema of tests/testdata/protos/everything.proto. */
export function loadEverything(): Promise<Schema> {
  return loadSchema([testProto("everything.proto")]);
}

/** A method of a schema by its name alone. */
export function methodOf(schema: Schema, name: string): MethodSchema {
  for (const service of schema.services) {
    const method = service.methods.find((candidate) => candidate.name === name);
    if (method !== undefined) return method;
  }
  throw new Error(`Cannot find the method "${name}" in the test's schema`);
}

/** A schema of methods that only have names and kinds. */
export function schemaOf(
  methods: readonly Pick<MethodSchema, "service" | "name" | "kind">[],
): Schema {
  const message = { fullName: "Empty", fields: [] };
  const services = new Map<string, MethodSchema[]>();
  for (const { service, name, kind } of methods) {
    const path = `/${service}/${name}`;
    const definition = {
      path,
      requestStream: kind === "client_streaming" || kind === "bidirectional",
      responseStream: kind === "server_streaming" || kind === "bidirectional",
      requestSerialize: () => new Uint8Array(),
      requestDeserialize: () => ({}),
      responseSerialize: () => new Uint8Array(),
      responseDeserialize: () => ({}),
    };
    const method = { service, name, path, kind, request: message, response: message, definition };
    services.set(service, [...(services.get(service) ?? []), method]);
  }
  return {
    source: "test.proto",
    services: [...services].map(([fullName, list]): ServiceSchema => ({
      fullName,
      methods: list,
      definition: Object.fromEntries(list.map(({ name, definition }) => [name, definition])),
    })),
  };
}

/** Runs `body` with a folder of the given files, by relative path; removes it afterwards. */
export async function withFiles(
  files: Readonly<Record<string, string>>,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, content);
    }
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

// A grpc-js server with @grpc/reflection and no other handlers: `node reflection_server.mjs [--v1alpha] FILE.proto…`.
// Imports are looked for beside each file. Prints "listening PORT"; ends with its stdin.
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { dirname } from "node:path";

// By a name that `deno check` does not follow: the package is installed for Node alone.
const REFLECTION = "@grpc/reflection";
const { ReflectionService } = await import(REFLECTION);

const onlyAlpha = process.argv.includes("--v1alpha");
const withReflection = !process.argv.includes("--without-reflection");
const files = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const definitions = loadSync(files, {
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
  includeDirs: files.map((file) => dirname(file)),
});

const server = new grpc.Server();
if (withReflection) {
  new ReflectionService(definitions).addToServer({
    addService(service, implementation) {
      const isAlpha = Object.values(service).some(({ path }) => path.includes(".v1alpha."));
      if (isAlpha || !onlyAlpha) server.addService(service, implementation);
    },
  });
} else {
  for (const definition of Object.values(definitions)) {
    if (!("format" in definition)) server.addService(definition, {});
  }
}

server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    console.error(error.message);
    process.exit(1);
  }
  console.log(`listening ${port}`);
});

process.stdin.resume();
process.stdin.on("end", () => {
  server.forceShutdown();
  process.exit(0);
});

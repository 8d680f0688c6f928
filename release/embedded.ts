/**
 * What the binary carries beside the modules that main.ts imports by a literal name: files that are read at run time,
 * and modules that are imported by a path in a variable. Folders are taken whole.
 */
export const EMBEDDED: readonly string[] = [
  // Read as files: the built-in contract and google.rpc; what scaffold copies.
  "proto",
  "codegen/templates",
  "schema/long_keys.ts",
  // Read as files: the page.
  "dashboard/assets",
  // Imported by main.ts when a command is chosen.
  "bench.ts",
  "call.ts",
  "cert.ts",
  "client.ts",
  "describe.ts",
  "health.ts",
  "list.ts",
  "scaffold.ts",
  "server.ts",
  "cli/commands",
  "cli/completions.ts",
  // Started by serve --workers.
  "serving/worker_entry.ts",
];

/** Packages of deno.json that only tests use. `@grpc/grpc-js` stays: Deno takes the templates that import it for modules. */
export const NOT_EMBEDDED_PACKAGES: readonly string[] = [
  "@grpc/reflection",
  "grpc-health-check",
  "playwright-core",
];

/**
 * Folders of packages that stay out: tests that nothing imports, but which Deno reads as modules when it embeds their
 * package. Of 100,000 lines of numbers there it makes one sum, and overflows its stack (seen with 2.7.14 and 2.9.6;
 * denoland/deno#36746 is alike; RUST_MIN_STACK does not help).
 */
export const UNREADABLE: readonly string[] = ["bintrees/1.0.2/test"];

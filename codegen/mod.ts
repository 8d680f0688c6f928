export { afterWriting, chooseStream } from "./choose_stream.ts";
export { type GeneratedFile, generateFiles, type GenerateOptions } from "./generate_files.ts";
export { createManifest, type Manifest, MANIFEST_PATH, parseManifest } from "./manifest.ts";
export { createProject, type Project } from "./project.ts";
export { compareManifests, type MethodChange } from "./compare_manifests.ts";
export { type MergedServer, mergeServer, type Snippet } from "./merge_server.ts";

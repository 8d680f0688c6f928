export { readCsvOrigin } from "./csv_origin.ts";
export { type Origin, readProtoOrigin } from "./origin.ts";
export { readServerOrigin } from "./server_origin.ts";
export { applyUpdate } from "./apply_update.ts";
export { describeHandlers, type Section } from "./describe_handlers.ts";
export { type Folder, openFolder } from "./folder.ts";
export {
  type FileAction,
  type PlannedFile,
  type PlanOptions,
  planUpdate,
  type UpdatePlan,
} from "./plan_update.ts";
export { readRuntimeFiles } from "./runtime_files.ts";
export { ScaffoldError } from "./scaffold_error.ts";

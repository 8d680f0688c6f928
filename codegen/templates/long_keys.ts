// Stands for schema/long_keys.ts, which is what is copied into gen/runtime/.
export * from "../../schema/long_keys.ts";

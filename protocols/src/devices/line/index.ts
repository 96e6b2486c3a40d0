export * from "./codec.ts";
export * from "./encode.ts";
export * from "./results.ts";

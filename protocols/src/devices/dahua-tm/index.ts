export * from "./codec.ts";
export * from "./encode.ts";

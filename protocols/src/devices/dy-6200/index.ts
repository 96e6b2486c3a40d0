export * from "./codec.ts";
export * from "./encode.ts";
export { dy6200Identify, dy6200ReadAll } from "./frame.ts";

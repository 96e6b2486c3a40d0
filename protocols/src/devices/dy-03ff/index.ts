export * from "./codec.ts";
export * from "./encode.ts";
export { type DyMethod, dyCount, dyIdentify, dyMethods, dyReadItems, dyReadRecord } from "./request.ts";

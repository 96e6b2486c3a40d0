export * from "./codec.ts";
export * from "./encode.ts";
export { tlIdentify, tlReadAll, tlReadLast, tlTotalOf } from "./frame.ts";

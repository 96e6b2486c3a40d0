export * from "./codec.ts";
export * from "./encode.ts";
export type { LinkFrame } from "./frame.ts";
export * from "./receiver.ts";
export * from "./result.ts";
export { type LisEncoding, lisEncodings } from "./text-encoding.ts";

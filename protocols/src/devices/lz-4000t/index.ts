export * from "./codec.ts";
export * from "./encode.ts";
export { lzCountDay, lzIdentify, lzReadDay, lzTotalOf, type MeterDay } from "./frame.ts";

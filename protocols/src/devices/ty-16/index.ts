export { tyEnd, tyIdentify, tyRead, tyReadNext } from "../command-1b.ts";
export * from "./codec.ts";
export * from "./encode.ts";

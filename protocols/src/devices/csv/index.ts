export { decodeText } from "../../framing/text-code.ts";
export * from "../date-format.ts";
export { type ResultField, type ResultWords, resultFields, type SaidResult } from "../result-words.ts";
export * from "./cells.ts";
export * from "./codec.ts";
export * from "./encode.ts";
export * from "./file-rows.ts";
export * from "./table-format.ts";
export type { TableRow } from "./table-reader.ts";

export { decodeText } from "../../framing/text-code.ts";
export * from "./cells.ts";
export * from "./codec.ts";
export * from "./date-format.ts";
export * from "./encode.ts";
export * from "./file-rows.ts";
export * from "./table-format.ts";
export type { TableResult, TableRow } from "./table-reader.ts";

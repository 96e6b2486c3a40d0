/** Evidence files, made and verified. An entry of its own: `verify` loads little else. */
export { fromHex } from "../bytes/bytes.ts";
export * from "./evidence-fault.ts";
export * from "./evidence-lines.ts";
export * from "./evidence-statement.ts";
export * from "./evidence-verifier.ts";
export * from "./line-cutter.ts";
export * from "./manifest.ts";
export type { SignatureCheck } from "./signature-check.ts";
export * from "./verify-chunks.ts";

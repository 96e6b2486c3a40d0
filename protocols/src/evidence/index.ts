export { fromHex } from "../bytes/bytes.ts";
export { type EvidenceStatement, evidenceStatement } from "./evidence-statement.ts";
export { type EvidenceReport, EvidenceVerifier, type PinnedKeys } from "./evidence-verifier.ts";
export { LineCutter } from "./line-cutter.ts";

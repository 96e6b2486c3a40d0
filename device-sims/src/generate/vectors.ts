import { evidenceFile, invalidEvidenceVector, revokedFile, twoSpansFile } from "./vectors-evidence.ts";
import { keysVector } from "./vectors-material.ts";
import { batchVector, chainVector, rotationVector, sealVector, signedVector } from "./vectors-messages.ts";

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** `protocols/vectors/`: what another implementation can check itself against. Deterministic. */
export const generated = (): { path: string; text: string }[] => {
  const at = (name: string): string => `protocols/vectors/${name}`;
  return [
    { path: at("keys.json"), text: json(keysVector()) },
    { path: at("chain.json"), text: json(chainVector()) },
    { path: at("seal.json"), text: json(sealVector()) },
    { path: at("batch.json"), text: json(batchVector()) },
    { path: at("signed.json"), text: json(signedVector()) },
    { path: at("rotation.json"), text: json(rotationVector()) },
    { path: at("evidence.mcx"), text: evidenceFile() },
    { path: at("evidence-two-spans.mcx"), text: twoSpansFile() },
    { path: at("evidence-revoked.mcx"), text: revokedFile() },
    { path: at("evidence-invalid.json"), text: json(invalidEvidenceVector()) },
  ];
};

import type { EvidenceFault } from "./evidence-fault.ts";

/** Whether a signature holds; `fault` is what to report if it does not. */
export interface SignatureCheck {
  readonly publicKey: Uint8Array;
  readonly octets: Uint8Array;
  readonly signature: Uint8Array;
  readonly fault: EvidenceFault;
}

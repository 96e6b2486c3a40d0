import type { CryptoPort } from "../crypto/crypto-port.ts";
import { readKeyLog } from "../messages/key-log.ts";
import type { IngestOutcome, LedgerView } from "./ledger-view.ts";

/** What a key log brought about; `fault`: the first statement that did not hold. */
export interface KeysOutcome extends IngestOutcome {
  readonly fault: string | null;
}

/** Takes in the key log of a gateway: every key that follows from a known one, with its statement. Nothing is answered. */
export const ingestKeys = (
  view: LedgerView,
  crypto: CryptoPort,
  message: { readonly gw: string; readonly payload: Uint8Array },
): KeysOutcome => {
  const { gw, payload } = message;
  const { added, fault } = readKeyLog(crypto, gw, payload, (kid) => view.key(gw, kid));
  return { effects: added.map((key) => ({ type: "key-added", gw, ...key })), answers: [], fault };
};

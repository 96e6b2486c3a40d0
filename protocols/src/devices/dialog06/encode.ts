import { bytesFrom } from "../reading.ts";

/** What a simulated scale says in one record. */
export type DialogRecordSpec =
  | { readonly kind: "weighing"; readonly grams: number; readonly priceFen: number }
  | { readonly kind: "status"; readonly code: string }
  | { readonly kind: "checksum"; readonly demand: "0" | "1" | "2"; readonly random: string };

const esc = "\u001b";

/** What a host asks: price per kilogram in fen, record 01 (DIVA service manual p. 55). */
export const encodeDialogPrice = (priceFen: number): Uint8Array<ArrayBuffer> =>
  bytesFrom(`\u0004\u000201${esc}${priceFen.toString().padStart(6, "0")}${esc}\u0003`);

/** The record a scale would send (DIVA service manual pp. 54-66). */
export const encodeDialogRecord = (spec: DialogRecordSpec): Uint8Array<ArrayBuffer> => {
  if (spec.kind === "status") return bytesFrom(`\u000209${esc}${spec.code}\u0003`);
  if (spec.kind === "checksum") return bytesFrom(`\u000211${esc}${spec.demand}${spec.random}\u0003`);
  const amount = Math.round((spec.grams * spec.priceFen) / 1000);
  const fields = [
    spec.grams.toString().padStart(5, "0"),
    spec.priceFen.toString().padStart(6, "0"),
    amount.toString().padStart(6, "0"),
  ];
  return bytesFrom(`\u000202${esc}3${esc}${fields.join(esc)}\u0003`);
};

import { bytesFrom } from "../reading.ts";

/** What a simulated scale answers to `SGW CR`. */
export interface SterlingReplySpec {
  readonly value: string;
  readonly unit: "kg" | "lb";
  readonly mode: "Gross" | "Net" | "Tare";
  /** How much of the echo is left. */
  readonly echo: "SGW" | "W" | "";
}

/** The answer a scale would give (captured: `SGWGross   0.010 lb`). */
export const encodeSterlingReply = ({ value, unit, mode, echo }: SterlingReplySpec): Uint8Array<ArrayBuffer> =>
  bytesFrom(`${echo}${mode}${value.padStart(8)} ${unit}\r\n`);

/** A printout: up to as many values as the instrument has electrodes. */
export interface SpotchemSpec {
  readonly id: string;
  readonly sampleType: string;
  /** `24/10/29 13:08`. */
  readonly at: string;
  /** Name, value, unit. */
  readonly values: readonly (readonly [string, string, string])[];
}

/** The printout in the columns of the capture. */
export const encodeSpotchem = ({ id, sampleType, at, values }: SpotchemSpec): Uint8Array<ArrayBuffer> => {
  const columns = values.map(([name, value, unit]) => `${name}${value.padStart(12 - name.length)}  ${unit} `).join("");
  const text = `\x02${at} ID# ${id.padEnd(10)} [${sampleType}] ${columns}\x03\n`;
  return Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);
};

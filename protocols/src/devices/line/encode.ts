/** What a simulated device writes. */
export interface TextLineSpec {
  readonly value: string;
  readonly unit: string;
}

/** A number in ten columns and its unit: a line of the default format, text beyond ASCII not included. */
export const encodeTextLine = ({ value, unit }: TextLineSpec): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(`${value.padStart(10)} ${unit}\r\n`, (char) => char.charCodeAt(0));

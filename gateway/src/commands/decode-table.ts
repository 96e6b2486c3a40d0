import { concat, toHex } from "@mingcheng/protocols";
import { defaultTableFormat, type TableFormat } from "@mingcheng/protocols/devices";
import { readResultFile } from "../drivers/result-files/result-file.ts";

/** Writes one event: as JSON, and as a line for people. */
export type WriteRow = (event: Readonly<Record<string, unknown>>, text: string) => Promise<void>;

const wide = 10;

/**
 * Decodes a file of results as the gateway reads it in a folder: a `result` with its row, or `discarded` with the row, the
 * reason and its bytes. Titles and headers say nothing.
 * @throws {MingchengError} RESULT_FILE_UNREADABLE, INPUT_INVALID
 */
export const decodeTable = async (
  source: AsyncIterable<Uint8Array>,
  format: TableFormat = defaultTableFormat,
  write: WriteRow,
): Promise<void> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  const { rows } = await readResultFile(concat(...chunks), format, true);
  for (const { number: row, raw, said } of rows) {
    if ("why" in said) {
      const text = `${"discarded".padEnd(wide)}row ${row}: ${said.why}`;
      await write({ event: "discarded", row, reason: "bad-field", why: said.why, hex: toHex(raw) }, text);
      continue;
    }
    const { sample, number, assay, value, unit, instrumentVerdict, at } = said;
    const words = [number, sample, assay, value, unit, instrumentVerdict, at].map((word) => word ?? "-").join("  ");
    await write({ event: "result", row, ...said, hex: toHex(raw) }, `${"result".padEnd(wide)}row ${row}: ${words}`);
  }
};

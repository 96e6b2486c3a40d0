// Opens outbox directories the way the gateway does after a start, and prints for each one line of JSON with every
// record that it holds: node recover-entry.js --key signing.pem DIR …
// Reading goes through the outbox: what it serves is what would be sent.
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import type { HeldRecord } from "./capture-log.ts";
import { type CapturingOutbox, type LineName, loadFiles, openGatewayOutbox } from "./gateway-outbox.ts";
import { epochRecord, readSaid } from "./said-record.ts";

const readRange = async (outbox: CapturingOutbox, line: LineName, from: number, to: number): Promise<HeldRecord[]> => {
  const held: HeldRecord[] = [];
  for (let next = from; next <= to; ) {
    const read = await outbox.read(line, next, to, { maxRecords: 512, maxBytes: 256 * 1024 });
    for (const [index, bytes] of read.records.entries()) {
      const seq = read.first + index;
      const said = readSaid(bytes);
      if (said.seq !== seq) throw new Error(`record ${said.seq} was served as ${seq}`);
      const h = (await outbox.hashAt(line, seq)) ?? "";
      held.push({ ep: line.ep, eid: line.eid, seq, id: said.id, h, predecessor: said.predecessor });
    }
    next = read.last + 1;
  }
  return held;
};

const recoverOne = async (dir: string, keyFile: string): Promise<void> => {
  try {
    const outbox = await openGatewayOutbox({
      dir,
      gw: "kill-test",
      keyFile,
      segmentBytes: 65_536,
      files: await loadFiles(),
      random: (bytes) => randomBytes(bytes),
      buildEpoch: (line, body) => epochRecord(line, body),
    });
    const held: HeldRecord[] = [];
    for (const line of outbox.inventory()) {
      for (const { from, to } of line.held) held.push(...(await readRange(outbox, line, from, to)));
    }
    const { losses } = outbox.opening;
    await outbox.close();
    console.log(JSON.stringify({ dir, held, losses }));
  } catch (error) {
    console.log(
      JSON.stringify({ dir, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  }
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { key: { type: "string" } } });
if (values.key === undefined) throw new Error("--key is needed");
for (const dir of positionals) await recoverOne(dir, values.key);

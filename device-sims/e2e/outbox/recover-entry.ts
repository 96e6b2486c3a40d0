// Opens outbox directories the way the gateway does after a start, and prints for each one line of JSON with every
// record that it holds: node recover-entry.js --key signing.pem DIR …
// Reading goes through the outbox: what it serves is what would be sent. The chain is computed here once more.
import { createHash, randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { chainStart, toHex } from "@mingcheng/protocols";
import type { HeldRecord } from "./capture-log.ts";
import { type CapturingOutbox, type LineName, loadFiles, openGatewayOutbox } from "./gateway-outbox.ts";
import { epochRecord, readSaid } from "./said-record.ts";

const gw = "kill-test";

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const readRange = async (outbox: CapturingOutbox, line: LineName, from: number, to: number): Promise<HeldRecord[]> => {
  const held: HeldRecord[] = [];
  for (let next = from; next <= to; ) {
    const read = await outbox.read(line, next, to, { maxRecords: 512, maxBytes: 256 * 1024 });
    const before = next === 1 ? toHex(chainStart(sha256, { gw, ep: line.ep, eid: line.eid })) : held.at(-1)?.h;
    if (before !== undefined && before !== read.prev)
      throw new Error(`record ${next} is not chained to what is before it`);
    let h: Uint8Array = Buffer.from(read.prev, "hex");
    for (const [index, bytes] of read.records.entries()) {
      const seq = read.first + index;
      const said = readSaid(bytes);
      if (said.seq !== seq) throw new Error(`record ${said.seq} was served as ${seq}`);
      h = sha256(Uint8Array.of(1), h, sha256(bytes));
      held.push({ ep: line.ep, eid: line.eid, seq, id: said.id, h: toHex(h), predecessor: said.predecessor });
    }
    if (held.at(-1)?.h !== read.h) throw new Error(`the chain breaks within ${read.first}-${read.last}`);
    next = read.last + 1;
  }
  return held;
};

const recoverOne = async (dir: string, keyFile: string): Promise<void> => {
  try {
    const outbox = await openGatewayOutbox({
      dir,
      gw,
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

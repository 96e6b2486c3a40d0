import { chainLink, chainStart } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { frameTypes, writeFrame } from "./frame.ts";
import { RunBuilder } from "./run-builder.ts";

const { sha256 } = nodeCrypto;
const line = { ep: 2, eid: "0123456789abcdef0123456789abcdef" };
const eid = Buffer.from(line.eid, "hex");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** h(0), h(1), … of records that say their number. */
const texts = Array.from({ length: 12 }, (_, seq) => Buffer.from(`record ${seq}`));
const hashes: Uint8Array[] = [chainStart(sha256, { gw: "g", ...line })];
for (let seq = 1; seq < texts.length; seq++) {
  hashes.push(chainLink(sha256, hashes[seq - 1] ?? new Uint8Array(), sha256(texts[seq] ?? new Uint8Array())));
}

type Step =
  | { readonly record: number; readonly text?: string; readonly urgent?: boolean }
  | { readonly seal: number }
  | { readonly damage: number };

const build = (steps: readonly Step[]): RunBuilder => {
  const builder = new RunBuilder(sha256);
  const buffer = Buffer.alloc(64 * 1024);
  let at = 128;
  for (const step of steps) {
    if ("damage" in step) {
      at += step.damage;
      continue;
    }
    const isRecord = "record" in step;
    const seq = isRecord ? step.record : step.seal;
    const hash = hashes[isRecord ? seq - 1 : seq] ?? new Uint8Array(32);
    const urgent = isRecord && step.urgent === true;
    const payload = isRecord ? Buffer.from(step.text ?? `record ${seq}`) : Buffer.from("{}");
    const fields = { type: isRecord ? frameTypes.record : frameTypes.seal, urgent, ep: line.ep, eid, seq, hash };
    const size = writeFrame(buffer, at, fields, payload);
    builder.visit(buffer, at, at, size);
    at += size;
  }
  builder.finish();
  return builder;
};

const rangesOf = ({ runs }: RunBuilder): (readonly [number, number, string])[] =>
  runs.map(({ from, to, h }) => [from, to, h]);

describe("the runs of a segment", () => {
  it("join records that are chained to each other", () => {
    const builder = build([{ record: 1 }, { record: 2, urgent: true }, { seal: 2 }, { record: 3, urgent: true }]);
    expect(rangesOf(builder)).toEqual([[1, 3, hex(hashes[3] ?? new Uint8Array())]]);
    expect(builder.runs[0]).toMatchObject({ prev: hex(hashes[0] ?? new Uint8Array()), sealed: 2, urgent: [2, 3] });
  });

  it("end where records are missing or bytes are damaged", () => {
    expect(rangesOf(build([{ record: 1 }, { record: 4 }])).map(([from, to]) => [from, to])).toEqual([
      [1, 1],
      [4, 4],
    ]);
    const damaged = build([{ record: 1 }, { damage: 96 }, { record: 2 }]);
    expect(rangesOf(damaged).map(([from, to]) => [from, to])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it("do not take a record as intact that its successor or its seal contradicts, whatever its CRC says", () => {
    const altered = build([{ record: 1 }, { record: 2, text: "forged", urgent: true }, { record: 3 }]);
    expect(rangesOf(altered).map(([from, to]) => [from, to])).toEqual([
      [1, 1],
      [3, 3],
    ]);
    expect(altered.runs[0]).toMatchObject({ h: hex(hashes[1] ?? new Uint8Array()), urgent: [], bytes: 8 });
    expect(altered.heads.get(`2.${line.eid}`)?.seq).toBe(2);
    const sealed = build([{ record: 1, text: "forged" }, { seal: 1 }]);
    expect(sealed.runs).toEqual([]);
    expect(sealed.heads.get(`2.${line.eid}`)?.seq).toBe(1);
  });

  it("know from a seal that a destroyed record existed", () => {
    const builder = build([{ record: 1 }, { damage: 104 }, { seal: 2 }]);
    expect(rangesOf(builder).map(([from, to]) => [from, to])).toEqual([[1, 1]]);
    expect(builder.heads.get(`2.${line.eid}`)?.seq).toBe(2);
    expect(builder.laterSeals).toEqual([{ line, seq: 2, h: hex(hashes[2] ?? new Uint8Array()) }]);
  });
});

import { join } from "node:path";
import { encodeRecord } from "@mingcheng/protocols";
import { exportEvidence } from "../src/evidence/export-evidence.ts";
import type { ExportRequest } from "../src/evidence/export-request.ts";
import { sampleRecord } from "./memory-ledger.ts";
import { newSigner, SealedLine } from "./sealed-line.ts";
import { WriterBench } from "./writer-bench.ts";

/** Gateway of the bench. */
export const gw = "market-a";
/** When its files say that they were written. */
export const asOf = "2026-11-24T04:00:00.000Z";
const manifestKey = newSigner();
let files = 0;

/** A centre with one gateway, whose line and files are at hand. */
export const evidenceBench = (scratch: string) => {
  const bench = new WriterBench();
  const signer = newSigner();
  bench.keys.set(signer.kid, signer);
  const line = new SealedLine({ gw, ep: 1, eid: "ab".repeat(16) }, signer);
  const gateway = {
    gw,
    site: gw,
    createdAt: asOf,
    enrolledAt: asOf,
    disabledAt: null,
    keys: [{ kid: signer.kid, publicKey: signer.publicKey, since: asOf, revokedFrom: null }],
  };
  const request = (asked: Partial<ExportRequest> = {}): ExportRequest => ({
    gateway,
    revokedFrom: (kid) => bench.revoked.get(kid) ?? null,
    from: null,
    to: null,
    chosen: null,
    withhold: [],
    out: join(scratch, `${files++}.mcx`),
    software: "test",
    ...asked,
  });
  const write = async (asked: Partial<ExportRequest> = {}) => {
    const wanted = request(asked);
    return { out: wanted.out, result: await exportEvidence(bench.database, manifestKey, wanted, { asOf }) };
  };
  /** Appends a record of a device, said at `wall`. */
  const say = (dev: string, kind: "weighing" | "test" | "clock", wall: string): void => {
    const { gw: of, ep, eid } = line.line;
    const sample = sampleRecord({ kind: "weighing", body: {}, gw: of, ep, eid, seq: line.head + 1, dev });
    line.push(encodeRecord({ ...sample, kind, t: { ...sample.t, wall } }));
  };
  const pinned = { gateway: signer.publicKey, centre: manifestKey.publicKey };
  const store = (from: number, to: number) => bench.take(bench.batch(gw, line.batch(from, to)));
  return { bench, signer, line, gateway, request, write, say, pinned, store, manifestKey };
};

import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { encodeBatch, sealAt, toHex, utf8 } from "@mingcheng/protocols";
import { newSigner, nodeCrypto } from "../../src/load/node-crypto.ts";
import type { WatchedGateway } from "./watched-gateway.ts";

/** How a batch deviates from a good one. */
export interface BatchFault {
  readonly gw?: string;
  readonly badSeal?: boolean;
  readonly strangerSeals?: boolean;
  readonly prev?: string;
}

/** The payload of a batch of the watched line, as its gateway would send it, but for the fault. */
export const batchOf = (watched: WatchedGateway, first: number, last: number, fault: BatchFault = {}): Buffer => {
  const { line, enrolled, gateway } = watched;
  const { outbox } = gateway;
  const run = outbox.batch(first, last);
  if (run === undefined) throw new Error(`record ${first} is not there`);
  const signer = fault.strangerSeals === true ? newSigner() : enrolled.signer;
  const h = fault.badSeal === true ? nodeCrypto.sha256(run.h) : run.h;
  const header = {
    v: 1 as const,
    gw: fault.gw ?? line.gw,
    line: { ep: line.ep, eid: line.eid },
    first,
    count: run.items.length,
    prev: fault.prev ?? toHex(run.prev),
    seal: sealAt(signer, line, run.last, h, "2026-11-24T10:00:00.000+08:00"),
    sender: { ep: line.ep, eid: line.eid },
    witness: null,
    lane: "live" as const,
  };
  return Buffer.from(encodeBatch(nodeCrypto.sha256, header, run.items));
};

/** Payloads that no gateway would send, each with a name. None of them can be read as a batch. */
export const damagedPayloads = (good: Buffer, random: () => number): readonly (readonly [string, Buffer])[] => {
  const cut = (from: Buffer): Buffer => from.subarray(0, Math.floor(random() * from.length));
  const flipped = (from: Buffer): Buffer => {
    const copy = Buffer.from(from);
    const at = Math.floor(random() * copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return copy;
  };
  const flips = Array.from({ length: 12 }, (_, index) => [`bit flip ${index}`, flipped(good)] as const);
  const cuts = Array.from({ length: 4 }, (_, index) => [`cut ${index}`, cut(good)] as const);
  return [
    ["nothing", Buffer.alloc(0)],
    ["noise", randomBytes(900)],
    ["text", Buffer.from(utf8('{"v":1}\n'))],
    ["a gzip bomb", gzipSync(Buffer.alloc(80 * 1024 * 1024), { level: 9 })],
    ["a gzip bomb of line feeds", gzipSync(Buffer.alloc(2 * 1024 * 1024, 0x0a))],
    ["cut gzip", cut(gzipSync(good))],
    ["the largest packet", Buffer.alloc(1024 * 1024 - 100, 0x7b)],
    ...flips,
    ...cuts,
  ];
};

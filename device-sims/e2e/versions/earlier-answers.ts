import { createPublicKey, verify } from "node:crypto";
import { z } from "zod";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const [ep, seq] = [z.int().positive(), z.int().positive()];
const eid = z.string().regex(/^[0-9a-f]{32}$/);
const gen = z.string().regex(/^[0-9a-f]{32}$/);
const at = z.string().max(64);
const witness = z.strictObject({ gen, n: z.int().nonnegative() });
const provenRange = z.tuple([seq, seq, hash]);
const range = z.tuple([seq, seq]);
const places = { ranges: z.array(provenRange), digests: z.array(range), disputed: z.array(range) };

/**
 * What a gateway of 25 November 2026 takes on its receipt topic: a copy of its rules as they were, not to be changed with the
 * present ones. Anything else it counts as refused and passes over.
 */
const answers = z.discriminatedUnion("type", [
  z.object({
    v: z.literal(1),
    type: z.literal("receipt"),
    line: z.strictObject({ ep, eid }),
    ...places,
    gen,
    witness,
    at,
  }),
  z.object({
    ...{ v: z.literal(1), type: z.literal("full"), nonce: z.string().max(64), gen, witness, at },
    lines: z.array(z.object({ ep, eid, ...places, missing: z.array(range) })),
  }),
  z.object({ v: z.literal(1), type: z.literal("nack"), payload: hash, reason: z.string().max(256), at }),
  z.object({
    ...{ v: z.literal(1), type: z.literal("retry"), payload: hash.nullable(), at },
    ...{ afterMs: z.int().nonnegative().max(300_000), wantKeys: z.boolean(), reason: z.string().max(256) },
  }),
]);

/** An answer of the centre as that gateway reads it. */
export type EarlierAnswer = z.infer<typeof answers>;

const spki = Buffer.from("302a300506032b6570032100", "hex");
const tail = /^\{"kid":"([0-9a-f]{16})","sig":"([A-Za-z0-9+/]{86}==)"\}$/;

/** Reads an answer by the rules of then: `undefined` when that gateway would not believe it. `receiptKey`: as it was pinned. */
export const readAsThen = (gw: string, receiptKey: string, payload: Buffer): EarlierAnswer | undefined => {
  const cut = payload.lastIndexOf(0x0a);
  const body = payload.subarray(0, cut);
  const sig = tail.exec(payload.subarray(cut + 1).toString("latin1"))?.[2];
  if (cut <= 0 || sig === undefined) return undefined;
  const name = Buffer.from(gw);
  const octets = Buffer.concat([Buffer.from("mc-receipt-v1\0"), Buffer.of(0, name.length), name, body]);
  const der = Buffer.concat([spki, Buffer.from(receiptKey, "hex")]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  if (!verify(null, octets, key, Buffer.from(sig, "base64"))) return undefined;
  return answers.safeParse(JSON.parse(body.toString("utf8"))).data;
};

import { z } from "zod";
import { gatewayIdPattern } from "../chain/line.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const seq = z.int().positive();
const range = z.tuple([seq, seq]);
const lineRef = { ep: z.int().positive(), eid: z.string().regex(/^[0-9a-f]{32}$/) };

/** One continuous stretch of one line, beginning right behind a seal (or at the line's start) and ending at a seal. */
export const spanSchema = z.object({
  ...lineRef,
  from: seq,
  to: seq,
  /** h(from-1) and h(to). */
  prev: hash,
  h: hash,
  /** Over the span's `S` lines, see {@link sealsLink}: no seal can be left out, added or exchanged. */
  seals: hash,
  /** Records whose bytes are left out (privacy, retention, never received): only their digests are in the file. */
  withheld: z.array(range),
  /** True when the line is disputed: an operator has not decided which of two boxes was the real one. */
  disputed: z.boolean(),
});

export type EvidenceSpan = z.infer<typeof spanSchema>;

/** First line of an evidence file, signed by the centre's manifest key. */
export const manifestSchema = z.object({
  v: z.literal(1),
  format: z.literal("mingcheng-evidence"),
  gw: z.string().regex(gatewayIdPattern),
  /** The ledger as it stood then: what came later is not in the file. */
  asOf: z.string().max(64),
  gen: z.string().regex(/^[0-9a-f]{32}$/),
  /**
   * What was asked for; the spans are widened to seal boundaries around it. Null: no bound. `devices`, `site`: only where
   * there are records of these. `withhold`: what had to be left out, as it was written.
   */
  asked: z.object({
    from: z.string().max(64).nullable(),
    to: z.string().max(64).nullable(),
    devices: z.array(z.string().max(64)).optional(),
    site: z.string().max(64).optional(),
    withhold: z.array(z.string().max(512)).optional(),
  }),
  spans: z.array(spanSchema),
  /** Stretches of the same lines that the ledger does not have. `to` null: open-ended, after a rollback. */
  gaps: z.array(z.object({ ...lineRef, from: seq, to: seq.nullable(), reason: z.string().max(32) })),
  /** When the centre was restored from a copy: what it received between may be missing, and nobody can number all of it. */
  restores: z.array(z.object({ from: z.string().max(64), to: z.string().max(64) })).optional(),
  /** Every sealing key the gateway ever had. */
  keys: z.array(
    z.object({
      kid: z.string().regex(/^[0-9a-f]{16}$/),
      /** Raw Ed25519 public key, 32 octets in hexadecimal. */
      publicKey: hash,
      since: z.string().max(64),
      revokedFrom: z.object({ ...lineRef, seq }).nullable(),
      /** The rotation statement that brought the key in, three lines; null or missing: an enrolment did. */
      rotation: z.string().max(4096).nullable().optional(),
    }),
  ),
  records: z.int().nonnegative(),
  software: z.string().max(64),
});

export type EvidenceManifest = z.infer<typeof manifestSchema>;

import { decodeRecord, type MessageRef } from "@mingcheng/protocols";
import { z } from "zod";
import { type RecallSource, readStretch, stretches } from "../capture/recall.ts";

/** A record that came from an intake device's message. */
export interface RecentMessage {
  readonly device: string;
  readonly ref: MessageRef;
}

const refSchema = z.object({ message: z.object({ id: z.string(), sha256: z.string() }) });

/** Far more than can be captured between two syncs of the files that remember messages. */
const lookedAt = 20_000;

/**
 * Messages among the newest records of the outbox, newest first: what a power cut or a kill took from the files that
 * remember messages stands here, because the record is written first.
 * @throws the system's error when the outbox cannot be read
 */
export const recentMessages = async function* (source: RecallSource, most = lookedAt): AsyncGenerator<RecentMessage> {
  let seen = 0;
  const mark = Buffer.from('"message":{"id":"');
  for (const stretch of stretches(source)) {
    if (seen >= most) return;
    seen += stretch.to - stretch.from + 1;
    for (const bytes of (await readStretch(source, stretch)).reverse()) {
      if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(mark)) continue;
      const decoded = decodeRecord(bytes);
      if (!decoded.ok) continue;
      const read = refSchema.safeParse(decoded.record.body);
      if (read.success) yield { device: decoded.record.dev, ref: read.data.message };
    }
  }
};

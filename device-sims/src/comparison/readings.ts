import type { RecordView } from "@mingcheng/protocols";
import type { OracleEntry } from "../oracle.ts";
import { canonicalDecimal, type Saying, type StoredReading } from "./compare.ts";

const weighingContent = (value: string, unit: string, mode: string, tare: string | null): string =>
  [canonicalDecimal(value), unit, mode, tare === null ? "-" : canonicalDecimal(tare)].join(" ");

const testContent = (specimenId: string, assay: string, value: string, unit: string, completedAt: string): string =>
  [specimenId, assay, value, unit, completedAt].join(" ");

/** Kinds of records that messages of devices become which send by themselves. */
const kindOf = { sales: "sale", weighings: "weighing", events: "scale-event", tests: "test" } as const;

/** What the devices said, by the simulators' own log. */
export const sayingsOf = (entries: readonly OracleEntry[]): readonly Saying[] => {
  const acknowledged = new Set(
    entries.flatMap((entry) => (entry.event === "result-acknowledged" ? [`${entry.device} ${entry.result}`] : [])),
  );
  const taken = new Set(
    entries.flatMap((entry) => (entry.event === "message-acknowledged" ? [`${entry.device} ${entry.id}`] : [])),
  );
  return entries.flatMap((entry): Saying[] => {
    if (entry.event === "message-said") {
      const { device, channel, id, text: content } = entry;
      const duty = taken.has(`${device} ${id}`) ? "must" : "may";
      return [{ device, kind: kindOf[channel], content, duty }];
    }
    if (entry.event === "load") {
      const { device, value, unit, mode, tare, heard } = entry;
      const content = weighingContent(value, unit, mode, tare);
      return [{ device, kind: "weighing", content, duty: heard ? "must" : "may" }];
    }
    if (entry.event === "result-said") {
      const { device, specimenId, assay, value, unit, completedAt } = entry;
      const content = testContent(specimenId, assay, value, unit, completedAt);
      const duty = acknowledged.has(`${device} ${entry.result}`) ? "must" : "may";
      return [{ device, kind: "test", content, duty }];
    }
    return [];
  });
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The fields of a record that the comparison needs, wherever it was read. */
export type ComparedRecord = Pick<RecordView, "dev" | "ep" | "seq" | "kind" | "body" | "raw">;

/** Stored readings, whether they come from an evidence file or from the API. */
export const storedReadingsOf = (records: readonly ComparedRecord[]): readonly StoredReading[] =>
  records.flatMap(({ dev, ep, seq, kind, body, raw }): StoredReading[] => {
    const row = `${ep}.${seq}`;
    if (body["message"] !== undefined) {
      const content = Buffer.from(raw, "base64").toString("utf8");
      return [{ row, device: dev, kind, content, resend: false }];
    }
    if (kind === "weighing") {
      const tare = typeof body["tare"] === "string" ? body["tare"] : null;
      const content = weighingContent(text(body["value"]), text(body["unit"]), text(body["mode"]), tare);
      return [{ row, device: dev, kind, content, resend: false }];
    }
    if (kind !== "test") return [];
    const assay = body["assay"] as { readonly code?: unknown } | undefined;
    const content = testContent(
      text(body["specimenId"]),
      text(assay?.code),
      text(body["value"]),
      text(body["unit"]),
      text(body["completedAt"]),
    );
    return [{ row, device: dev, kind, content, resend: typeof body["resendOf"] === "string" }];
  });

/** Records of an evidence file, as it stands on disk: every line that begins with `R`. */
export const recordsInEvidence = (file: string): readonly ComparedRecord[] =>
  file
    .split("\n")
    .filter((line) => line.startsWith("R"))
    .map((line) => JSON.parse(line.slice(1).trimStart()) as ComparedRecord);

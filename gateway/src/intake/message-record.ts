import type { MessageRef } from "@mingcheng/protocols";
import {
  type IntakeChannel,
  type MessageNote,
  saleRecordOf,
  scaleEventRecordOf,
  testRecordOf,
  weighingRecordOf,
} from "@mingcheng/protocols/intake";
import type { IntakeDevice, IntakeKind } from "../config/intake-config.ts";
import type { CaptureDraft } from "../drivers/define-driver.ts";
import type { ReadMessage } from "./read-message.ts";

/** What each kind of device may send. */
export const channelsOf: Readonly<Record<IntakeKind, readonly IntakeChannel[]>> = {
  "smart-scale": ["sales", "weighings", "events", "heartbeats"],
  "smart-tester": ["tests", "heartbeats"],
};

const stepFen = { fen: 1, jiao: 10, yuan: 100 } as const;

/** What becomes of a message, or the member that is wrong. */
export type RecordOutcome =
  | { readonly kind: CaptureDraft["kind"]; readonly body: CaptureDraft["body"]; readonly notes: readonly MessageNote[] }
  | { readonly fault: MessageNote };

/** The record of a message that is one. */
export const recordOfMessage = (
  device: IntakeDevice,
  read: Exclude<ReadMessage, { readonly channel: "heartbeats" }>,
  ref: MessageRef,
): RecordOutcome => {
  const { kind: protocol, barcodes, amountRounding, assays } = device;
  switch (read.channel) {
    case "sales": {
      const rules = { protocol, barcodes, amountStepFen: stepFen[amountRounding] };
      const outcome = saleRecordOf(read.message, ref, rules);
      return "fault" in outcome ? outcome : { kind: "sale", ...outcome };
    }
    case "weighings":
      return { kind: "weighing", body: weighingRecordOf(read.message, ref, protocol), notes: [] };
    case "events":
      return { kind: "scale-event", body: scaleEventRecordOf(read.message, ref, protocol), notes: [] };
    case "tests":
      return { kind: "test", body: testRecordOf(read.message, ref, { protocol, assays }), notes: [] };
  }
};

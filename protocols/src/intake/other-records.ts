import { type AssayRule, judgeAssay } from "../judgement/assay-verdict.ts";
import type { ScaleEventBody, TestBody, WeighingBody } from "../records/bodies.ts";
import type { MessageRef } from "../records/message-ref.ts";
import { parseMassUnit, toGrams } from "../units/mass.ts";
import type { ScaleEventMessage, TestMessage, WeighingMessage } from "./other-messages.ts";

/** The body of a `weighing` record: what the scale said, grams beside it. */
export const weighingRecordOf = (message: WeighingMessage, ref: MessageRef, protocol: string): WeighingBody => {
  const { weight, unit: written, mode, tare, item, at } = message;
  const unit = parseMassUnit(written) ?? written;
  return {
    protocol,
    value: weight,
    unit,
    ...(unit === written ? {} : { unitSaid: written }),
    grams: toGrams(weight, unit),
    mode,
    stable: "reported-stable",
    tare: tare ?? null,
    tareGrams: tare === undefined ? null : toGrams(tare, unit),
    // The scale itself decided that the load stood still.
    settling: { samples: 1, durationMs: 0, rule: "reported" },
    ...(item === undefined ? {} : { item }),
    ...(at === undefined ? {} : { deviceAt: at }),
    message: ref,
  };
};

const stateOf = {
  zero: "zeroed",
  tare: "tared",
  calibration: "calibrated",
} as const satisfies Partial<Record<ScaleEventMessage["event"], ScaleEventBody["state"]>>;

/** The body of a `scale-event` record. */
export const scaleEventRecordOf = (message: ScaleEventMessage, ref: MessageRef, protocol: string): ScaleEventBody => {
  const { event, detail, at } = message;
  return {
    protocol,
    state: event === "zero" || event === "tare" || event === "calibration" ? stateOf[event] : event,
    previous: null,
    ...(detail === undefined ? {} : { detail }),
    ...(at === undefined ? {} : { deviceAt: at }),
    message: ref,
  };
};

/** The body of a `test` record: judged from the number by the assay's rule, the instrument's own verdict beside it. */
export const testRecordOf = (
  message: TestMessage,
  ref: MessageRef,
  { protocol, assays }: { readonly protocol: string; readonly assays: readonly AssayRule[] },
): TestBody => {
  const { instrument, specimenId, item, assay, value, unit, flags, status, instrumentVerdict, channel } = message;
  const rule = assays.find(({ code }) => code === assay.code);
  const judged = judgeAssay({ value, unit, flags, status, instrumentVerdict }, rule);
  return {
    protocol,
    instrument,
    specimenId,
    item: item ?? null,
    assay: { code: assay.code, name: assay.name === "" ? (rule?.name ?? "").slice(0, 128) : assay.name },
    value,
    number: judged.number,
    unit,
    flags,
    status,
    verdict: judged.verdict,
    verdictRule: judged.rule,
    instrumentVerdict: judged.instrumentVerdict,
    startedAt: message.startedAt ?? "",
    completedAt: message.completedAt ?? message.at ?? "",
    ...(channel === undefined ? {} : { channel }),
    ...(judged.retests === 0 ? {} : { retests: judged.retests }),
    resendOf: null,
    message: ref,
  };
};

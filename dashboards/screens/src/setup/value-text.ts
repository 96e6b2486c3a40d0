import type { SetupValue } from "@mingcheng/protocols";
import { decimalText, measuredText } from "@mingcheng/ui/format/numbers.ts";

/** Words that stand in place of a number. */
export interface ValueWords {
  readonly overload: string;
  readonly underload: string;
  readonly noValue: string;
}

const textIn = (body: SetupValue["body"], name: string): string => {
  const found = body[name];
  return typeof found === "string" ? found : "";
};

/** A value as the device said it: a weight with its unit, a result with its sample; states are words, never numbers. */
export const valueText = ({ body, kind }: SetupValue, words: ValueWords): string => {
  if (body["overload"] === true) return words.overload;
  if (body["underload"] === true) return words.underload;
  if (kind === "scale-event") return textIn(body, "state");
  const value = textIn(body, "value");
  const amount = /^-?\d+(\.\d+)?$/.test(value) ? decimalText(value) : value;
  const said = value === "" ? words.noValue : measuredText(amount, textIn(body, "unit"));
  const sample = [textIn(body, "specimenId"), textIn(body, "item")].filter((part) => part !== "").join(" ");
  return sample === "" ? said : `${sample}: ${said}`;
};

/** `14:05:07` of a local time with offset. */
export const clockText = (at: string): string => at.slice(11, 19);

/** An instant as the gateway's clock shows it: `14:05:07` at the offset of its own wall time. */
export const gatewayTimeText = (at: string, wall: string): string => {
  const [, sign = "+", hours = "0", minutes = "0"] = /([+-])(\d\d):(\d\d)$/.exec(wall) ?? [];
  const offsetMs = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  return clockText(new Date(Date.parse(at) + offsetMs).toISOString());
};

import { fewSamples } from "@mingcheng/protocols/api";
import { countText, percentText } from "@mingcheng/ui/format/numbers.ts";

/** A share with its denominator, or the words that there are too few samples to speak of one. */
export const rateOf = (part: number, whole: number) => {
  const counts = { part: countText(part), whole: countText(whole) };
  if (whole === 0) return { word: "none", rate: "", ...counts } as const;
  if (whole < fewSamples) return { word: "few", rate: "", ...counts } as const;
  return { word: "known", rate: percentText(part, whole) ?? "", ...counts } as const;
};

import { massUnits, type ReadingEvent } from "@mingcheng/protocols";
import { z } from "zod";

/** Unit of a scale whose frames name none: must be said, nobody guesses. */
export const requiredUnit = z
  .enum(massUnits)
  .describe(
    "秤显示的单位，必填：协议不发送单位 / the unit on the scale's display; required, the protocol does not send it.",
  );

/** Unit of a scale whose frames may leave it out. */
export const fallbackUnit = z
  .enum(massUnits)
  .nullable()
  .default(null)
  .describe("数据帧未带单位时采用的单位 / the unit of frames that name none; null: such weights stay without a unit.");

/** Gross or net where frames do not tell. */
export const shownMode = z
  .enum(["gross", "net", "unknown"])
  .default("unknown")
  .describe(
    "显示的是毛重还是净重；除非秤只能显示其中一种，否则为 unknown / what the display shows; unknown unless the scale can show one of them only.",
  );

/** Puts in what the configuration knows and the frame left out; what the frame says stays. */
export const completeReading =
  (known: { readonly unit: string | null; readonly mode?: ReadingEvent["mode"] }) =>
  (reading: ReadingEvent): ReadingEvent => ({
    ...reading,
    unit: reading.unit ?? known.unit,
    mode: reading.mode === "unknown" ? (known.mode ?? "unknown") : reading.mode,
  });

import { encodeOs2Frame } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Aclas OS2. */
const aclasOs2SettingsSchema = z.strictObject({
  places: z.int().min(0).max(3).default(2),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type AclasOs2Settings = z.output<typeof aclasOs2SettingsSchema>;

const startAclasOs2 = (settings: AclasOs2Settings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "aclas-os2",
      unit: "kg",
      places: settings.places,
      increment: settings.increment,
      mode: () => "unknown",
      tareSent: false,
      statesSent: false,
      encode: ({ value, motion, state }) =>
        encodeOs2Frame({
          value,
          unit: "kg",
          state: state === "overload" ? "overload" : motion ? "unstable" : "stable",
        }),
    },
    parts,
  );

/** A scale in active mode. */
export const aclasOs2 = defineScale({
  protocol: "aclas-os2",
  settingsSchema: aclasOs2SettingsSchema,
  start: startAclasOs2,
});

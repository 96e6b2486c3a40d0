import { commandBodySchemas } from "@mingcheng/protocols/commands";
import type { DeviceKey } from "../../drivers/define-driver.ts";
import { type CommandOutcome, type CommandWork, done, failed, refused, unknown } from "../command-work.ts";
import type { GatewayHands } from "../gateway-hands.ts";

/**
 * `tare` and `zero`: presses the scale's own key, once. The only place in the program that asks a driver for it. What
 * nobody has seen answered is `unknown`, and so is what a crash interrupted: a second press could falsify a weight.
 */
export const pressKey = (key: DeviceKey, { supervisor }: GatewayHands): CommandWork => ({
  run: async ({ body }): Promise<CommandOutcome> => {
    const { device } = commandBodySchemas[key].parse(body);
    const known = supervisor.deviceOf(device);
    if (known === undefined) return refused("unknown-device", device);
    const pressed = supervisor.press(device, key);
    if (pressed === undefined) return refused("not-documented", `${known.driver.protocol} documents no ${key}`);
    const { outcome, said } = await pressed;
    const result = JSON.stringify({ device, said });
    switch (outcome) {
      case "done":
        return done(result);
      case "refused":
        return failed("device-refused", result);
      case "offline":
        return failed("device-offline", result);
      case "unanswered":
        return { outcome: "unknown", reason: "no-answer", result };
    }
  },
  afterCrash: async () => unknown(`the gateway was restarted while the ${key} key was being pressed`),
});

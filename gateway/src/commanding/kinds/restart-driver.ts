import { commandBodySchemas } from "@mingcheng/protocols/commands";
import { type CommandWork, done, failed, refused } from "../command-work.ts";
import type { GatewayHands } from "../gateway-hands.ts";

/** So long the device may take to be there again before the answer goes out. */
const waitMs = 5_000;
const lookEveryMs = 100;

/** `restart-driver`: one device's session and line, closed and opened anew. Again after a crash: the start did it anyway. */
export const restartDriver = ({ supervisor, clock }: GatewayHands): CommandWork => ({
  run: async ({ body }, signal) => {
    const { device } = commandBodySchemas["restart-driver"].parse(body);
    if (!(await supervisor.restart(device))) return refused("unknown-device", device);
    const state = (): string => supervisor.status().find(({ id }) => id === device)?.state ?? "gone";
    const endMs = clock.nowMs() + waitMs;
    while (state() !== "online" && clock.nowMs() < endMs && !signal.aborted) await clock.sleep(lookEveryMs, signal);
    const isBack = state() === "online" || state() === "connected";
    const result = JSON.stringify({ device, state: state() });
    return isBack ? done(result) : failed("device-offline", result);
  },
  afterCrash: async () => "again",
});

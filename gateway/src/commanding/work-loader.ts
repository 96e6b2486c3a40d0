import type { CommandKind } from "@mingcheng/protocols/commands";
import { type CommandWork, refused, type WorkLoader } from "./command-work.ts";
import type { GatewayHands } from "./gateway-hands.ts";

const load = async (kind: CommandKind, hands: GatewayHands): Promise<CommandWork> => {
  switch (kind) {
    case "restart-driver":
      return (await import("./kinds/restart-driver.ts")).restartDriver(hands);
    case "detect":
      return (await import("./kinds/detect-ports.ts")).detectPorts(hands);
    case "log-level":
      return (await import("./kinds/log-level.ts")).logLevel(hands);
    case "diagnostics":
      return (await import("./kinds/diagnostics.ts")).diagnostics(hands);
    case "tare":
    case "zero":
      return (await import("./kinds/press-key.ts")).pressKey(kind, hands);
    case "camera-still":
      return (await import("./kinds/camera-still.ts")).cameraStill(hands);
    case "camera-clip":
      return (await import("./kinds/camera-keeping.ts")).cameraClip(hands);
    case "camera-hold":
      return (await import("./kinds/camera-keeping.ts")).cameraHold(hands);
    case "camera-release":
      return (await import("./kinds/camera-keeping.ts")).cameraRelease(hands);
    case "configuration":
      return (await import("./kinds/configure.ts")).configure(hands);
  }
};

/** What the gateway's own file refuses is refused, whoever signed it. */
const notAllowed: CommandWork = {
  run: async ({ kind }) => refused("not-allowed", `${kind} is refused by this gateway's own file (commands.refuse)`),
  afterCrash: async () => "again",
};

/** Loads what carries out a kind when it is first asked for, and keeps it. */
export const workLoader = (hands: GatewayHands): WorkLoader => {
  const loaded = new Map<CommandKind, Promise<CommandWork>>();
  return async (kind) => {
    if (hands.config().commands.refuse.includes(kind)) return notAllowed;
    const known = loaded.get(kind) ?? load(kind, hands);
    loaded.set(kind, known);
    return known;
  };
};

import { commandBodySchemas } from "@mingcheng/protocols/commands";
import type { CameraAnswer } from "../../camera/keeping/camera-ask.ts";
import { type CommandOutcome, type CommandWork, done, failed, refused } from "../command-work.ts";
import type { GatewayHands } from "../gateway-hands.ts";

/** What the camera process answered, as the end of a command. */
export const outcomeOf = (
  answer: CameraAnswer,
  shown: (result: Readonly<Record<string, unknown>>) => object,
): CommandOutcome => {
  if (answer.ok) return done(JSON.stringify(shown(answer.result)));
  const { code, message } = answer;
  const result = JSON.stringify({ code, message: message.slice(0, 500) });
  if (code === "CAMERA_UNKNOWN") return refused("unknown-device", result);
  return code === "PICTURE_NONE" || code === "CAMERAS_OFF" ? failed("device-offline", result) : failed("fault", result);
};

const withoutFolder = ({ folder: _folder, ...rest }: Readonly<Record<string, unknown>>): object => rest;

/** `camera-clip`: exports a span. The same command again finds the clip that is there. */
export const cameraClip = ({ cameras }: GatewayHands): CommandWork => ({
  run: async ({ id, by, body }) => {
    const { device, from, until, cause, ref } = commandBodySchemas["camera-clip"].parse(body);
    const asked = { type: "clip" as const, id, channel: device, from, until, cause: { type: cause, ref }, by };
    return outcomeOf(await cameras.ask(asked), withoutFolder);
  },
  afterCrash: async () => "again",
});

/** `camera-hold`: holds a span. The same command again changes nothing. */
export const cameraHold = ({ cameras }: GatewayHands): CommandWork => ({
  run: async ({ id, by, body }) => {
    const { device, from, until, cause, ref, why } = commandBodySchemas["camera-hold"].parse(body);
    const asked = { type: "hold" as const, id, channel: device, from, until, cause: { type: cause, ref }, by, why };
    return outcomeOf(await cameras.ask(asked), (result) => result);
  },
  afterCrash: async () => "again",
});

/** `camera-release`: releases a hold; one that is gone already is no longer known. */
export const cameraRelease = ({ cameras }: GatewayHands): CommandWork => ({
  run: async ({ by, body }) => {
    const { hold, why } = commandBodySchemas["camera-release"].parse(body);
    return outcomeOf(await cameras.ask({ type: "release", id: hold, by, why }), (result) => result);
  },
  afterCrash: async () => "again",
});

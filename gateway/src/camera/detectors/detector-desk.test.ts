import { bodyFault, type CameraBody } from "@mingcheng/protocols";
import { beforeEach, describe, expect, it } from "vitest";
import { channelSchema } from "../../config/cameras-config.ts";
import type { Fragment } from "../media/fragment.ts";
import type { RelayedChannel } from "../relay/channels.ts";
import type { Detector } from "./detector.ts";
import { DetectorDesk } from "./detector-desk.ts";

const grey = { widthPx: 1, heightPx: 1, pixels: new Uint8Array(1) };
const config = channelSchema.parse({
  ...{ id: "one", zone: "cooking", address: "rtsp://127.0.0.1/live", insecureTransport: true },
});
const channel = { config } as RelayedChannel;
const fragmentAt = (monoMs: number): Fragment =>
  ({ begin: grey.pixels, bytes: grey.pixels, monoMs, wallMs: 1_700_000_000_000 + monoMs }) as Fragment;
const files = [{ name: "picture.jpg", type: "jpeg" as const, bytes: 3, sha256: "a".repeat(64) }];

let told: CameraBody[];
let faults: unknown[];
let aborted: boolean;

const rats: Detector = {
  ...{ name: "rats", version: "1.2", zones: ["cooking"], classes: ["rodent"] },
  inspect: async () => [{ class: "rodent", confidencePercent: 80 }],
};

const deskOf = (detector: Detector): DetectorDesk =>
  new DetectorDesk({
    ...{ detectors: [detector], wallText: (ms) => new Date(ms).toISOString(), stateOf: () => "live" },
    tell: async (_, body) => void told.push(body),
    keep: async (_, fragment, { id }) => ({ id, folder: "", files, takenMs: fragment.wallMs }),
    onFault: (_, error) => void faults.push(error),
    after: (_, task) => {
      queueMicrotask(task);
      return () => undefined;
    },
  });

const show = async (desk: DetectorDesk, pictures: number): Promise<void> => {
  for (let index = 0; index < pictures; index++) {
    await desk.show({ channel, grey, fragment: fragmentAt(index * 15_000) });
  }
};

beforeEach(() => {
  told = [];
  faults = [];
  aborted = false;
});

describe("what detectors believe", () => {
  it("is one record that can be stored, with its certainty and its picture, once three pictures agree", async () => {
    const desk = deskOf(rats);
    await show(desk, 2);
    expect(told).toEqual([]);
    await show(desk, 3);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      ...{ event: "finding", state: "live", files, cause: { type: "finding" } },
      finding: { detector: "rats", version: "1.2", class: "rodent", confidencePercent: 80, pictures: 3 },
    });
    expect(bodyFault("camera", told[0])).toBeUndefined();
  });

  it("begins anew with a camera that was away, and is not asked of other zones", async () => {
    const desk = deskOf(rats);
    await show(desk, 2);
    desk.forget("one");
    await show(desk, 2);
    const elsewhere = deskOf({ ...rats, zones: ["warehouse"] });
    await show(elsewhere, 9);
    expect(told).toEqual([]);
  });

  it("holds nothing up that fails or never ends", async () => {
    const failing = deskOf({ ...rats, inspect: () => Promise.reject(new Error("no model")) });
    await show(failing, 2);
    expect(faults).toHaveLength(2);
    const endless = deskOf({
      ...rats,
      inspect: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(new Error("told to end"));
          });
        }),
    });
    await show(endless, 1);
    expect([aborted, told]).toEqual([true, []]);
  });
});
